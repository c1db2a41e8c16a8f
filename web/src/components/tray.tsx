// The uploads of this tab, docked to the window's corner: they go on while pages come and go.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useLocation } from "preact-iso";
import { uploader } from "../app-state";
import { percent, wholePercent } from "../format";
import { focusNext } from "../page";
import { inFlight } from "../state/upload";
import { strings } from "../strings";
import { Bar } from "./bar";
import { ChevronIcon } from "./icons";
import { UploadRow } from "./upload-row";

export const trayOpen = signal(true);

export function Tray() {
  const { path } = useLocation();
  const uploads = uploader.uploads.value;
  const arrived = useRef(path);
  useEffect(() => {
    // Another page: it is what is wanted now, and the tray's head says enough.
    if (arrived.current !== path) trayOpen.value = false;
    arrived.current = path;
  }, [path]);
  // The page of uploads shows them itself.
  if (uploads.length === 0 || path === "/upload") return null;
  const open = trayOpen.value;
  const words = strings.upload;
  return (
    <aside class="tray" aria-label={words.tray} data-open={open}>
      <div class="tray-head">
        <h2 id="uploads" tabIndex={-1}>
          <TraySummary />
        </h2>
        <ClearFinished />
        <button
          type="button"
          class="plain icon-only"
          aria-expanded={open}
          aria-controls="tray-rows"
          aria-label={open ? words.hideTray : words.showTray}
          onClick={() => {
            trayOpen.value = !open;
          }}
        >
          <ChevronIcon />
        </button>
      </div>
      <TrayBar />
      <div id="tray-rows" class="tray-rows" hidden={!open}>
        <UploadRows />
      </div>
    </aside>
  );
}

/** Newest first. */
export function UploadRows() {
  return (
    <ul class="upload-rows">
      {[...uploader.uploads.value].reverse().map((upload) => (
        <UploadRow key={upload.key} upload={upload} />
      ))}
    </ul>
  );
}

function TraySummary() {
  const uploads = uploader.uploads.value;
  const flying = inFlight(uploads);
  if (flying === null) return <>{strings.upload.done(uploads.length)}</>;
  return (
    <>
      {strings.upload.inFlight(flying.count)} <span class="quiet">{percent(flying.fraction)}</span>
    </>
  );
}

function TrayBar() {
  const flying = inFlight(uploader.uploads.value);
  if (flying === null || trayOpen.value) return null;
  const done = percent(flying.fraction);
  return (
    <Bar value={wholePercent(flying.fraction)} label={strings.upload.inFlightLabel(flying.count, done)} />
  );
}

export function ClearFinished() {
  const over = uploader.uploads.value.filter((upload) => upload.state === "processing");
  if (over.length === 0) return null;
  const clear = () => {
    for (const upload of over) uploader.dismiss(upload.key);
    focusNext(uploader.uploads.value.length > 0 ? "#uploads" : "h1");
  };
  return (
    <button type="button" class="plain small" onClick={clear}>
      {strings.upload.clear}
    </button>
  );
}
