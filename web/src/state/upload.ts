// One file's way from the disk to a video, as a union: what cannot happen cannot be written.
import type { Visibility } from "../api/types";
import { type Rate, sample } from "./rate";

/** What every state knows. `key` is the page's own, `size` in bytes; `videoId` is known once the API has heard of it. */
type File = {
  key: string;
  name: string;
  title: string;
  visibility: Visibility;
  size: number;
  videoId: string | null;
};

export type Upload = File &
  (
    | { state: "waiting" }
    /** `stalled`: the line is away, and it goes on by itself. */
    | { state: "sending"; sent: number; rate: Rate; stalled: boolean }
    | { state: "paused"; sent: number }
    /** All bytes are there; the API has not answered yet. */
    | { state: "storing" }
    | { state: "processing"; videoId: string }
    | { state: "failed"; reason: string; again: boolean }
    | { state: "cancelled" }
    /** Looks like one that is there already; waits for a word. */
    | { state: "doubled"; reason: string }
    /** Begun by a page that is gone: the file has to be chosen again. */
    | { state: "unfinished"; sent: number }
  );

export type UploadEvent =
  | { type: "start"; at: number; sent: number }
  | { type: "begun"; videoId: string }
  | { type: "progress"; at: number; sent: number }
  | { type: "stalled"; stalled: boolean }
  | { type: "sent" }
  | { type: "accepted"; videoId: string }
  | { type: "failed"; reason: string; again: boolean }
  | { type: "pause" }
  | { type: "resume" }
  | { type: "cancel" }
  | { type: "retry" }
  /** The file of an unfinished one has been chosen. */
  | { type: "found"; name: string };

/** The state after the event; an event that does not belong to the state changes nothing. */
export function step(upload: Upload, event: UploadEvent): Upload {
  const file = fileOf(upload);
  switch (event.type) {
    case "start": {
      if (upload.state !== "waiting") return upload;
      const rate = sample([], event.at, event.sent);
      return { ...file, state: "sending", sent: event.sent, rate, stalled: false };
    }
    case "begun":
      return upload.videoId === event.videoId ? upload : { ...upload, videoId: event.videoId };
    case "progress": {
      if (upload.state !== "sending" || event.sent === upload.sent) return upload;
      const sent = Math.min(event.sent, upload.size);
      // A part that is sent again counts from its beginning: so does the speed.
      const before = sent < upload.sent ? [] : upload.rate;
      return { ...upload, sent, rate: sample(before, event.at, sent) };
    }
    case "stalled":
      if (upload.state !== "sending" || upload.stalled === event.stalled) return upload;
      return { ...upload, stalled: event.stalled, rate: event.stalled ? [] : upload.rate };
    case "sent":
      return upload.state === "sending" ? { ...file, state: "storing" } : upload;
    case "accepted":
      return isRunning(upload) || upload.state === "waiting"
        ? { ...file, state: "processing", videoId: event.videoId }
        : upload;
    case "failed":
      return isRunning(upload) || upload.state === "waiting"
        ? { ...file, state: "failed", reason: event.reason, again: event.again }
        : upload;
    case "pause":
      if (upload.state === "sending") return { ...file, state: "paused", sent: upload.sent };
      return upload.state === "waiting" ? { ...file, state: "paused", sent: 0 } : upload;
    case "resume":
      return upload.state === "paused" ? { ...file, state: "waiting" } : upload;
    case "cancel":
      return isUnfinished(upload) || upload.state === "unfinished"
        ? { ...file, state: "cancelled", videoId: null }
        : upload;
    case "retry":
      return (upload.state === "failed" && upload.again) ||
        upload.state === "cancelled" ||
        upload.state === "doubled"
        ? { ...file, state: "waiting" }
        : upload;
    case "found":
      return upload.state === "unfinished" ? { ...file, name: event.name, state: "waiting" } : upload;
  }
}

function fileOf({ key, name, title, visibility, size, videoId }: Upload): File {
  return { key, name, title, visibility, size, videoId };
}

/** Is a request of this upload under way? */
export function isRunning(upload: Upload): boolean {
  return upload.state === "sending" || upload.state === "storing";
}

/** Would closing the page interrupt something? */
export function isUnfinished(upload: Upload): boolean {
  return isRunning(upload) || upload.state === "waiting" || upload.state === "paused";
}

/** Is there nothing left to do here? */
export function isOver(upload: Upload): boolean {
  return upload.state === "processing" || upload.state === "failed" || upload.state === "cancelled";
}

/** The next ones to start, oldest first, so that at most `parallel` run. */
export function nextToStart(uploads: readonly Upload[], parallel: number): string[] {
  const free = parallel - uploads.filter(isRunning).length;
  return uploads
    .filter((upload) => upload.state === "waiting")
    .slice(0, Math.max(0, free))
    .map((upload) => upload.key);
}

export type InFlight = {
  count: number;
  /** 0 to 1, weighted by size. */
  fraction: number;
  sent: number;
  size: number;
  /** Bytes per second of all together; null while nobody can tell. */
  speed: number | null;
};

/** How far the unfinished ones are together; null when none is under way. `speedOf` is of one's rate. */
export function inFlight(
  uploads: readonly Upload[],
  speedOf: (rate: Rate) => number | null,
): InFlight | null {
  const open = uploads.filter(isUnfinished);
  if (open.length === 0) return null;
  const size = open.reduce((sum, upload) => sum + upload.size, 0);
  const sent = open.reduce((sum, upload) => sum + sentOf(upload), 0);
  const speeds = open.flatMap((upload) => (upload.state === "sending" ? [speedOf(upload.rate)] : []));
  const known = speeds.filter((speed) => speed !== null);
  return {
    count: open.length,
    fraction: size > 0 ? sent / size : 0,
    sent,
    size,
    speed: known.length > 0 ? known.reduce((sum, speed) => sum + speed, 0) : null,
  };
}

function sentOf(upload: Upload): number {
  if (upload.state === "sending" || upload.state === "paused") return upload.sent;
  return upload.state === "storing" ? upload.size : 0;
}

/** A title out of a file's name: without the extension, cut to what the API takes. */
export function titleFromFilename(name: string): string {
  const stem = name.replace(/\.[A-Za-z0-9]{1,5}$/, "").trim();
  return (stem === "" ? name : stem).slice(0, MAX_TITLE_CHARS);
}

const MAX_TITLE_CHARS = 200;
