// Uploads of this tab: takes files, sends them in parts, a few at a time, and keeps a state for each. Goes on over
// lost lines, a restarted API and a reloaded page. Knows no DOM; whatever has a browser in it is handed in.
import { type ReadonlySignal, signal } from "@preact/signals";
import { type Answer, messageOf } from "./api/client";
import type { Visibility } from "./api/types";
import { isOver, nextToStart, step, titleFromFilename, type Upload, type UploadEvent } from "./state/upload";
import { strings } from "./strings";
import { again, type Patience } from "./uploading/again";
import type { Claims, Known, UploadApi } from "./uploading/api";
import { faultOf } from "./uploading/checks";
import { fingerprint } from "./uploading/fingerprint";
import type { Put } from "./uploading/parts";
import { createSlots } from "./uploading/slots";
import { arrivedOf, transfer } from "./uploading/transfer";

/** Files that are sent at the same time: enough to keep the line full between one file's end and the next. */
const FILES_AT_ONCE = 3;
/** Parts on their way at the same time, of all files together. */
const PARTS_IN_FLIGHT = 8;
/** Progress is told this often at most, in milliseconds. */
const TELL_MS = 100;

export type Uploader = {
  uploads: ReadonlySignal<readonly Upload[]>;
  /** Returns how many are on their way. */
  add(files: readonly File[]): Promise<number>;
  pause(key: string): void;
  resume(key: string): void;
  cancel(key: string): void;
  retry(key: string): void;
  rename(key: string, title: string): void;
  show(key: string, visibility: Visibility): void;
  /** Takes a row away that is not under way. */
  dismiss(key: string): void;
  /** Finds what an earlier page of this browser, or of another, has begun and not ended. */
  recover(): Promise<void>;
};

export type UploaderOptions = {
  api: UploadApi;
  put: Put;
  claims: Claims;
  patience: Patience;
  /** Milliseconds. */
  now: () => number;
  /** Is there a video of such a file already? */
  isKnown: (file: File) => boolean;
  /** The API has taken it. */
  onVideo: (id: string) => void;
  /** Title or visibility were changed after the API has heard of it. */
  onEdit: (id: string, edit: { title?: string; visibility?: Visibility }) => void;
  /** Something worth saying aloud. */
  onNews: (upload: Upload) => void;
};

/** What a row has beside its state. */
type Work = {
  file: File | null;
  print: string | null;
  known: Known | null;
  /** Nothing of it has been sent. */
  fresh: boolean;
  /** The call that tells the API of it. */
  begun: Promise<Answer<Known>> | null;
  /** Ends with cancelling. */
  life: AbortController;
  /** Ends what is being sent. */
  stop: AbortController | null;
};

export function createUploader(options: UploaderOptions): Uploader {
  const { api, put, claims, patience, now, isKnown, onVideo, onEdit, onNews } = options;
  const uploads = signal<readonly Upload[]>([]);
  const works = new Map<string, Work>();
  const slots = createSlots(PARTS_IN_FLIGHT);
  let counter = 0;

  const find = (key: string) => uploads.value.find((upload) => upload.key === key);

  const replace = (after: Upload) => {
    uploads.value = uploads.value.map((upload) => (upload.key === after.key ? after : upload));
  };

  const apply = (key: string, event: UploadEvent) => {
    const before = find(key);
    if (before === undefined) return;
    const after = step(before, event);
    if (after === before) return;
    replace(after);
    if (after.state !== before.state) onNews(after);
  };

  const row = (upload: Upload, work: Partial<Work>) => {
    const none = { file: null, print: null, known: null, fresh: true, begun: null, stop: null };
    works.set(upload.key, { ...none, life: new AbortController(), ...work });
    uploads.value = [...uploads.value, upload];
    return upload;
  };

  const newKey = () => {
    counter += 1;
    return `upload-${counter}`;
  };

  const startNext = () => {
    for (const key of nextToStart(uploads.value, FILES_AT_ONCE)) void run(key);
  };

  /** Tells the API of it; the link can be copied from here on. However often it is asked for, it is done once. */
  const begin = (key: string, work: Work): Promise<Answer<Known>> => {
    if (work.known !== null) return Promise.resolve({ ok: true, value: work.known });
    work.begun ??= tellOf(key, work).finally(() => {
      work.begun = null;
    });
    return work.begun;
  };

  const tellOf = async (key: string, work: Work): Promise<Answer<Known>> => {
    const upload = find(key);
    const { file, print, life } = work;
    if (upload === undefined || file === null || print === null) throw new Error("this row has no file");
    const told = { title: upload.title, visibility: upload.visibility };
    const call = async () => {
      const answer = await api.begin({
        filename: file.name,
        size_bytes: file.size,
        content_type: file.type === "" ? null : file.type,
        fingerprint: print,
        ...told,
      });
      // Cancelled while the answer was under way: nobody else knows of it.
      if (answer.ok && life.signal.aborted) void api.abort(answer.value.id);
      return answer;
    };
    const answer = await again(call, life.signal, patience, (stalled) =>
      apply(key, { type: "stalled", stalled }),
    );
    if (answer.ok) {
      work.known = answer.value;
      apply(key, { type: "begun", videoId: answer.value.video_id });
      tellEdits(key, told);
    }
    return answer;
  };

  /** What was changed while the API had not answered yet. */
  const tellEdits = (key: string, told: { title: string; visibility: Visibility }) => {
    const upload = find(key);
    if (upload?.videoId == null) return;
    if (upload.title !== told.title) onEdit(upload.videoId, { title: upload.title });
    if (upload.visibility !== told.visibility) onEdit(upload.videoId, { visibility: upload.visibility });
  };

  const run = async (key: string): Promise<void> => {
    const work = works.get(key);
    if (work === undefined || work.file === null) return;
    const stop = new AbortController();
    work.stop = stop;
    apply(key, { type: "start", at: now(), sent: 0 });
    let release = () => {};
    try {
      const begun = await begin(key, work);
      stop.signal.throwIfAborted();
      if (!begun.ok) {
        apply(key, { type: "failed", reason: messageOf(begun.failure), again: true });
        return;
      }
      const known = begun.value;
      release = claims.hold(known.id);
      const fresh = work.fresh;
      work.fresh = false;
      let toldAt = Number.NEGATIVE_INFINITY;
      const failure = await transfer(known, fresh, {
        api,
        put,
        slots,
        patience,
        file: work.file,
        signal: stop.signal,
        onProgress: (sent) => {
          const at = now();
          if (at - toldAt < TELL_MS && sent < known.size_bytes) return;
          toldAt = at;
          apply(key, { type: "progress", at, sent });
        },
        onTrouble: (stalled) => apply(key, { type: "stalled", stalled }),
        onSent: () => apply(key, { type: "sent" }),
      });
      if (failure === null) {
        work.file = null;
        onVideo(known.video_id);
        apply(key, { type: "accepted", videoId: known.video_id });
      } else {
        // What is gone cannot go on: another try begins anew.
        if (failure.kind === "problem" && (failure.status === 404 || failure.status === 410)) {
          work.known = null;
          work.fresh = true;
        }
        apply(key, { type: "failed", reason: messageOf(failure), again: true });
      }
    } catch {
      // Paused or cancelled: the state says so already. A file that cannot be read any more is another matter.
      if (!stop.signal.aborted)
        apply(key, { type: "failed", reason: strings.upload.unreadable, again: true });
    } finally {
      release();
      if (work.stop === stop) work.stop = null;
      startNext();
    }
  };

  /** Those that wait for their turn have a link already. Where the API refuses, their turn will tell. */
  const beginWaiting = async () => {
    for (const upload of uploads.value) {
      const work = works.get(upload.key);
      if (upload.state !== "waiting" || work === undefined || work.file === null) continue;
      await begin(upload.key, work).catch(() => null);
    }
  };

  const halt = (key: string) => {
    works.get(key)?.stop?.abort();
  };

  /** With its parts; when nobody answers, the API gives it up by itself one day. */
  const abort = (key: string) => {
    const work = works.get(key);
    if (work === undefined) return;
    work.life.abort();
    work.life = new AbortController();
    const id = work.known?.id;
    work.known = null;
    work.fresh = true;
    if (id !== undefined) void again(() => api.abort(id), new AbortController().signal, patience);
  };

  /** A row for a file, or one that waits for it already. */
  const take = async (file: File): Promise<Upload> => {
    const title = titleFromFilename(file.name);
    const base = { name: file.name, title, visibility: "private" as const, size: file.size, videoId: null };
    const fault = faultOf(file);
    if (fault !== null) {
      const reason = strings.upload.faults[fault];
      return row({ ...base, key: newKey(), state: "failed", reason, again: false }, {});
    }
    // Files that cannot be read, folders for example, say so here.
    const print = await fingerprint(file).catch(() => null);
    if (print === null) {
      const reason = strings.upload.unreadable;
      return row({ ...base, key: newKey(), state: "failed", reason, again: false }, {});
    }
    const same = uploads.value.filter((upload) => works.get(upload.key)?.print === print);
    const unfinished = same.find((upload) => upload.state === "unfinished");
    if (unfinished !== undefined) {
      const work = works.get(unfinished.key);
      if (work !== undefined) work.file = file;
      apply(unfinished.key, { type: "found", name: file.name });
      return find(unfinished.key) ?? unfinished;
    }
    const here = same.some((upload) => !isOver(upload) || upload.state === "processing");
    if (here || isKnown(file)) {
      const reason = here ? strings.upload.doubledHere : strings.upload.doubled;
      return row({ ...base, key: newKey(), state: "doubled", reason }, { file, print });
    }
    return row({ ...base, key: newKey(), state: "waiting" }, { file, print });
  };

  return {
    uploads,
    async add(files) {
      let taken = 0;
      for (const file of files) {
        const upload = await take(file);
        if (upload.state === "waiting") {
          taken += 1;
          startNext();
        } else onNews(upload);
      }
      void beginWaiting();
      return taken;
    },
    pause(key) {
      apply(key, { type: "pause" });
      halt(key);
    },
    resume(key) {
      apply(key, { type: "resume" });
      startNext();
    },
    cancel(key) {
      apply(key, { type: "cancel" });
      halt(key);
      abort(key);
      startNext();
    },
    retry(key) {
      apply(key, { type: "retry" });
      startNext();
    },
    rename(key, title) {
      const upload = find(key);
      if (upload === undefined || upload.title === title) return;
      replace({ ...upload, title });
      if (upload.videoId !== null) onEdit(upload.videoId, { title });
    },
    show(key, visibility) {
      const upload = find(key);
      if (upload === undefined || upload.visibility === visibility) return;
      replace({ ...upload, visibility });
      if (upload.videoId !== null) onEdit(upload.videoId, { visibility });
    },
    dismiss(key) {
      const upload = find(key);
      if (upload === undefined || !(isOver(upload) || upload.state === "doubled")) return;
      works.delete(key);
      uploads.value = uploads.value.filter((one) => one.key !== key);
    },
    async recover() {
      const never = new AbortController().signal;
      const open = await again(() => api.open(), never, patience);
      if (!open.ok) return;
      const held = await claims.held();
      for (const known of open.value) {
        const mine = [...works.values()].some((work) => work.known?.id === known.id);
        // Without a fingerprint it was another program's: that one knows what to do.
        if (mine || held.has(known.id) || known.fingerprint === null || known.state !== "open") continue;
        const there = await arrivedOf(api, known.id, never, patience);
        if (!there.ok || there.value.upload.state !== "open") continue;
        const name = known.filename ?? known.title;
        const base = { key: newKey(), name, title: known.title, visibility: "private" as const };
        row(
          {
            ...base,
            size: known.size_bytes,
            videoId: known.video_id,
            state: "unfinished",
            sent: there.value.sent,
          },
          { print: known.fingerprint, known, fresh: false },
        );
      }
    },
  };
}
