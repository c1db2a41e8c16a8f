// Where the focus is and what the window is called: on arrival at a page, and where a control vanishes under it.
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { strings } from "./strings";

let arrivedBefore = false;

/** Hand the ref to the page's `h1 tabIndex={-1}`. The first page leaves the focus where the browser put it. */
export function usePage(title: string): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = title === strings.product ? title : strings.pageTitle(title);
  }, [title]);
  useEffect(() => {
    if (arrivedBefore) heading.current?.focus();
    arrivedBefore = true;
  }, []);
  return heading;
}

/** Moves the focus once the page is drawn anew: a button that took itself away leaves it nowhere. */
export function focusNext(selector: string): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(selector)?.focus());
}
