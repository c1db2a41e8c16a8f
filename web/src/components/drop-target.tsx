// The whole page takes files that are dropped on it or pasted.

import { useEffect, useState } from "preact/hooks";
import { strings } from "../strings";
import { takeFiles } from "./file-button";
import { Mark } from "./mark";

export function DropTarget() {
  const [over, setOver] = useState(false);

  useEffect(() => {
    // Each element that is entered sends its own enter and leave: only the balance says when the page is left.
    let depth = 0;
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const settle = (next: number) => {
      depth = Math.max(0, next);
      setOver(depth > 0);
    };
    const enter = (event: DragEvent) => {
      if (carriesFiles(event)) settle(depth + 1);
    };
    const leave = (event: DragEvent) => {
      if (carriesFiles(event)) settle(depth - 1);
    };
    const hover = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
    };
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      settle(0);
      takeFiles(event.dataTransfer?.files);
    };
    const paste = (event: ClipboardEvent) => {
      if (event.clipboardData?.files.length === 0) return;
      event.preventDefault();
      takeFiles(event.clipboardData?.files);
    };
    const listeners = { dragenter: enter, dragleave: leave, dragover: hover, drop, paste } as const;
    for (const [name, listener] of Object.entries(listeners)) {
      document.addEventListener(name, listener as EventListener);
    }
    return () => {
      for (const [name, listener] of Object.entries(listeners)) {
        document.removeEventListener(name, listener as EventListener);
      }
    };
  }, []);

  if (!over) return null;
  return (
    <div class="drop-overlay" aria-hidden="true">
      <div class="drop-words">
        <Mark large />
        <p class="drop-title">{strings.upload.dropNow}</p>
        <p>{strings.upload.dropNowHint}</p>
      </div>
    </div>
  );
}
