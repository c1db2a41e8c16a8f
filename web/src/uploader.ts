// Uploads of this tab: takes files, sends a few at a time, and keeps a state for each. Knows no DOM; the request is
// handed in. Later, parts and resuming go behind the same doors: add, cancel, retry, dismiss.
import { type ReadonlySignal, signal } from "@preact/signals";
import { messageOf, uploadUrl } from "./api/client";
import type { Transport } from "./api/send";
import type { Video } from "./api/types";
import { nextToStart, step, titleFromFilename, type Upload, type UploadEvent } from "./state/upload";
import { strings } from "./strings";

/** Two keep the line full; a browser has six connections to a host, and the page needs some itself. */
const PARALLEL = 2;

export type Uploader = {
  uploads: ReadonlySignal<readonly Upload[]>;
  /** Returns how many were taken. */
  add(files: readonly File[]): number;
  cancel(key: string): void;
  retry(key: string): void;
  /** Takes a row away that is not under way. */
  dismiss(key: string): void;
};

export type UploaderOptions = {
  transport: Transport;
  /** Milliseconds. */
  now: () => number;
  /** The API has taken it. */
  onVideo: (video: Video) => void;
  /** Something worth saying aloud. */
  onNews: (upload: Upload) => void;
};

export function createUploader({ transport, now, onVideo, onNews }: UploaderOptions): Uploader {
  const uploads = signal<readonly Upload[]>([]);
  const files = new Map<string, File>();
  const aborts = new Map<string, () => void>();
  let counter = 0;

  const find = (key: string) => uploads.value.find((upload) => upload.key === key);

  const apply = (key: string, event: UploadEvent) => {
    const before = find(key);
    if (before === undefined) return;
    const after = step(before, event);
    if (after === before) return;
    uploads.value = uploads.value.map((upload) => (upload.key === key ? after : upload));
    if (after.state !== before.state) onNews(after);
  };

  const startNext = () => {
    for (const key of nextToStart(uploads.value, PARALLEL)) start(key);
  };

  const start = (key: string) => {
    const upload = find(key);
    const file = files.get(key);
    if (upload === undefined || file === undefined) return;
    apply(key, { type: "start", at: now() });
    const abort = transport({
      url: uploadUrl(upload.name, upload.title),
      file,
      onProgress: (sent) => apply(key, { type: "progress", at: now(), sent }),
      onSent: () => apply(key, { type: "sent" }),
      onAnswer: (answer) => {
        aborts.delete(key);
        if (answer.ok) {
          files.delete(key);
          onVideo(answer.value);
          apply(key, { type: "accepted", videoId: answer.value.id });
        } else {
          const lost = answer.failure.kind === "unreachable";
          const reason = lost ? strings.upload.connectionLost : messageOf(answer.failure);
          apply(key, { type: "failed", reason, again: true });
        }
        startNext();
      },
    });
    aborts.set(key, abort);
  };

  return {
    uploads,
    add(added) {
      const rows = added.map((file): Upload => {
        counter += 1;
        const key = `upload-${counter}`;
        const row = { key, name: file.name, title: titleFromFilename(file.name), size: file.size };
        if (file.size === 0)
          return { ...row, state: "failed", reason: strings.upload.emptyFile, again: false };
        files.set(key, file);
        return { ...row, state: "waiting" };
      });
      uploads.value = [...uploads.value, ...rows];
      for (const row of rows) if (row.state === "failed") onNews(row);
      startNext();
      return rows.filter((row) => row.state === "waiting").length;
    },
    cancel(key) {
      aborts.get(key)?.();
      aborts.delete(key);
      apply(key, { type: "cancel" });
      startNext();
    },
    retry(key) {
      apply(key, { type: "retry" });
      startNext();
    },
    dismiss(key) {
      const upload = find(key);
      if (upload === undefined || aborts.has(key)) return;
      files.delete(key);
      uploads.value = uploads.value.filter((one) => one.key !== key);
    },
  };
}
