// The whole page takes files that are dropped on it.

import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { strings } from "../strings";
import { takeFiles } from "./file-button";
import { Mark } from "./mark";

export function DropTarget() {
  const [over, setOver] = useState(false);
  const { route, path } = useLocation();

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
      if (path !== "/") route("/");
    };
    const listeners = { dragenter: enter, dragleave: leave, dragover: hover, drop } as const;
    for (const [name, listener] of Object.entries(listeners)) {
      document.addEventListener(name, listener as EventListener);
    }
    return () => {
      for (const [name, listener] of Object.entries(listeners)) {
        document.removeEventListener(name, listener as EventListener);
      }
    };
  }, [path, route]);

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
