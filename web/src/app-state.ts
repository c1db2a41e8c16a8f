// The one uploader, library and event stream of this tab, tied together. Everything with a browser in it is handed in
// here, so that the parts stay testable without one.
import { signal } from "@preact/signals";
import { claims, patience } from "./api/browser";
import { EVENTS_URL } from "./api/client";
import { putByXhr } from "./api/put";
import type { Video } from "./api/types";
import { uploadApi } from "./api/uploads";
import { createLibrary } from "./library";
import { isSettled, playlistOf } from "./state/ladder";
import { connect, type Link } from "./state/live";
import { isUnfinished, type Upload } from "./state/upload";
import { strings } from "./strings";
import { createUploader } from "./uploader";

/** What the page's one polite live region says. */
export const announcement = signal("");

export function announce(text: string): void {
  announcement.value = text;
}

export const link = signal<Link>({ state: "connecting" });
export const online = signal(navigator.onLine);
/** The clock that relative dates are read against; it ticks each half minute. */
export const now = signal(Date.now());

export const library = createLibrary(sayProgress);
export const uploader = createUploader({
  api: uploadApi,
  put: putByXhr,
  claims,
  patience,
  now: () => performance.now(),
  isKnown: (file) =>
    library.listed.value.some(
      ({ source }) => source.filename === file.name && source.size_bytes === file.size,
    ),
  onVideo: (id) => void library.read(id),
  onEdit: (id, edit) => void library.edit(id, edit),
  onNews: sayUpload,
});

/** Is the list of uploads unfolded? */
export const trayOpen = signal(true);

function sayUpload(upload: Upload): void {
  if (upload.state === "processing") announce(strings.upload.arrived(upload.title));
  if (upload.state === "failed") announce(strings.upload.failed(upload.title, upload.reason));
}

/** Only turning points are said; percentages would never stop talking. */
function sayProgress(before: Video, after: Video): void {
  if (before.state === after.state) return;
  if (after.state === "ready") announce(strings.upload.ready(after.title));
  else if (isSettled(after.state))
    announce(strings.upload.ended(after.title, strings.videoState[after.state]));
  else if (playlistOf(after) !== null && playlistOf(before) === null)
    announce(strings.upload.playable(after.title));
}

/** While the stream is away, the list is asked for instead. */
const POLL_MS = 4000;

/** Starts the stream and everything that keeps it honest. Called once. */
export function start(): void {
  connect({
    open: () => new EventSource(EVENTS_URL),
    now: Date.now,
    onEvent: library.onEvent,
    onLink: (next) => {
      const wasAway = link.value.state === "away";
      link.value = next;
      library.onLink(next);
      // What was deleted while the stream was away is in no event.
      if (next.state === "live" && (wasAway || library.first.value.state === "failed"))
        void library.refresh();
    },
  });
  void library.refresh();
  void uploader.recover();

  setInterval(() => {
    const stale = link.value.state !== "live" || library.first.value.state === "failed";
    if (stale && !document.hidden) void library.refresh();
  }, POLL_MS);
  setInterval(() => {
    now.value = Date.now();
  }, 30_000);

  addEventListener("online", () => {
    online.value = true;
    void library.refresh();
  });
  addEventListener("offline", () => {
    online.value = false;
  });
  document.addEventListener("visibilitychange", () => {
    now.value = Date.now();
    if (!document.hidden) void library.refresh();
  });
  addEventListener("beforeunload", (event) => {
    if (uploader.uploads.value.some(isUnfinished)) event.preventDefault();
  });
}
