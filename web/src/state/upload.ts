// One file's way from the disk to a video, as a union: what cannot happen cannot be written.
import { type Rate, sample } from "./rate";

/** What every state knows. `key` is the page's own, `size` in bytes. */
type File = { key: string; name: string; title: string; size: number };

export type Upload = File &
  (
    | { state: "waiting" }
    | { state: "sending"; sent: number; rate: Rate }
    /** All bytes have left; the API has not answered yet. */
    | { state: "storing" }
    | { state: "processing"; videoId: string }
    | { state: "failed"; reason: string; again: boolean }
    | { state: "cancelled" }
  );

export type UploadEvent =
  | { type: "start"; at: number }
  | { type: "progress"; at: number; sent: number }
  | { type: "sent" }
  | { type: "accepted"; videoId: string }
  | { type: "failed"; reason: string; again: boolean }
  | { type: "cancel" }
  | { type: "retry" };

/** The state after the event; an event that does not belong to the state changes nothing. */
export function step(upload: Upload, event: UploadEvent): Upload {
  const { key, name, title, size } = upload;
  const file: File = { key, name, title, size };
  switch (event.type) {
    case "start":
      return upload.state === "waiting"
        ? { ...file, state: "sending", sent: 0, rate: sample([], event.at, 0) }
        : upload;
    case "progress":
      if (upload.state !== "sending" || event.sent < upload.sent) return upload;
      return { ...upload, sent: Math.min(event.sent, size), rate: sample(upload.rate, event.at, event.sent) };
    case "sent":
      return upload.state === "sending" ? { ...file, state: "storing" } : upload;
    case "accepted":
      return isRunning(upload) ? { ...file, state: "processing", videoId: event.videoId } : upload;
    case "failed":
      return isRunning(upload) || upload.state === "waiting"
        ? { ...file, state: "failed", reason: event.reason, again: event.again }
        : upload;
    case "cancel":
      return isRunning(upload) || upload.state === "waiting" ? { ...file, state: "cancelled" } : upload;
    case "retry":
      return (upload.state === "failed" && upload.again) || upload.state === "cancelled"
        ? { ...file, state: "waiting" }
        : upload;
  }
}

/** Is a request of this upload under way? */
export function isRunning(upload: Upload): boolean {
  return upload.state === "sending" || upload.state === "storing";
}

/** Would closing the page lose something? */
export function isUnfinished(upload: Upload): boolean {
  return isRunning(upload) || upload.state === "waiting";
}

/** The next ones to start, oldest first, so that at most `parallel` run. */
export function nextToStart(uploads: readonly Upload[], parallel: number): string[] {
  const free = parallel - uploads.filter(isRunning).length;
  return uploads
    .filter((upload) => upload.state === "waiting")
    .slice(0, Math.max(0, free))
    .map((upload) => upload.key);
}

/** How far the unfinished ones are together, weighted by size; null when none is under way. */
export function inFlight(uploads: readonly Upload[]): { count: number; fraction: number } | null {
  const open = uploads.filter(isUnfinished);
  if (open.length === 0) return null;
  const size = open.reduce((sum, upload) => sum + upload.size, 0);
  const sent = open.reduce((sum, upload) => sum + sentOf(upload), 0);
  return { count: open.length, fraction: size > 0 ? sent / size : 0 };
}

function sentOf(upload: Upload): number {
  if (upload.state === "sending") return upload.sent;
  return upload.state === "storing" ? upload.size : 0;
}

/** A title out of a file's name: without the extension, cut to what the API takes. */
export function titleFromFilename(name: string): string {
  const stem = name.replace(/\.[A-Za-z0-9]{1,5}$/, "").trim();
  return (stem === "" ? name : stem).slice(0, MAX_TITLE_CHARS);
}

const MAX_TITLE_CHARS = 200;
