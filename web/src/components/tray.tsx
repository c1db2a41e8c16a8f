// The uploads of this tab, docked to the window's corner: they go on while pages come and go.
import { useEffect, useRef } from "preact/hooks";
import { useLocation } from "preact-iso";
import { trayOpen, uploader } from "../app-state";
import { bytesPerSecond, percent, timeLeft, wholePercent } from "../format";
import { focusNext } from "../page";
import { speed } from "../state/rate";
import { inFlight, isOver } from "../state/upload";
import { strings } from "../strings";
import { Bar } from "./bar";
import { FileButton } from "./file-button";
import { ChevronIcon } from "./icons";
import { UploadRow } from "./upload-row";

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
        <UnfinishedNote />
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
  const flying = inFlight(uploads, speed);
  if (flying === null) {
    const unfinished = uploads.filter((upload) => upload.state === "unfinished").length;
    const over = uploads.length - unfinished;
    return <>{over > 0 ? strings.upload.done(over) : strings.upload.heading}</>;
  }
  const left = flying.speed ? (flying.size - flying.sent) / flying.speed : null;
  return (
    <>
      {strings.upload.inFlight(flying.count)}{" "}
      <span class="quiet">
        {percent(flying.fraction)}
        {flying.speed !== null && ` · ${bytesPerSecond(flying.speed)}`}
        {left !== null && ` · ${timeLeft(left)}`}
      </span>
    </>
  );
}

function TrayBar() {
  const flying = inFlight(uploader.uploads.value, speed);
  if (flying === null || trayOpen.value) return null;
  const done = percent(flying.fraction);
  return (
    <Bar value={wholePercent(flying.fraction)} label={strings.upload.inFlightLabel(flying.count, done)} />
  );
}

/** Says how many uploads of an earlier page wait for their files, and takes those. */
export function UnfinishedNote() {
  const count = uploader.uploads.value.filter((upload) => upload.state === "unfinished").length;
  if (count === 0) return null;
  return (
    <div class="unfinished">
      <p>{strings.upload.unfinishedMany(count)}</p>
      <FileButton label={strings.upload.chooseAgain} small />
    </div>
  );
}

export function ClearFinished() {
  const over = uploader.uploads.value.filter(isOver);
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
