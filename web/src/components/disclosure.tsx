// A button and the panel it opens: closed by Escape, by a press elsewhere and when the focus goes on.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

type Props = {
  /** What is on the button. */
  face: ComponentChildren;
  label?: string;
  class?: string;
  /** What opens; told how to close it. */
  children: (close: () => void) => ComponentChildren;
};

export function Disclosure({ face, label, class: name = "", children }: Props) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();

  useEffect(() => {
    if (!open) return;
    const isInside = (target: EventTarget | null) => root.current?.contains(target as Node | null) ?? false;
    const press = (event: PointerEvent) => {
      if (!isInside(event.target)) setOpen(false);
    };
    const focus = (event: FocusEvent) => {
      if (!isInside(event.target)) setOpen(false);
    };
    const key = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener("pointerdown", press);
    document.addEventListener("focusin", focus);
    document.addEventListener("keydown", key);
    return () => {
      document.removeEventListener("pointerdown", press);
      document.removeEventListener("focusin", focus);
      document.removeEventListener("keydown", key);
    };
  }, [open]);

  return (
    <div ref={root} class="disclosure">
      <button
        ref={button}
        type="button"
        class={name}
        aria-label={label}
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {face}
      </button>
      <div id={id} class="panel" hidden={!open}>
        {open && children(() => setOpen(false))}
      </div>
    </div>
  );
}
