// A native modal dialog that is open as long as it is drawn.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { strings } from "../strings";
import { CloseIcon } from "./icons";

type Props = {
  title: string;
  /** Escape, the cross or a press beside it. */
  onClose: () => void;
  wide?: boolean;
  children: ComponentChildren;
};

/** A press beside the dialog, where the browser knows how. */
const BESIDE_CLOSES = { closedby: "any" as const };

export function Dialog({ title, onClose, wide = false, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      // Where the dialog came from may have moved on.
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={wide ? "dialog-wide" : undefined}
      aria-labelledby={id}
      onClose={onClose}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      {...BESIDE_CLOSES}
    >
      <div class="dialog-body">
        <div class="dialog-head">
          <h2 id={id}>{title}</h2>
          <button type="button" class="plain icon-only" aria-label={strings.close} onClick={onClose}>
            <CloseIcon />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
