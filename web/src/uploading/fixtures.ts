// A store and an API that keep their promises, and break them when told to: for the uploader's tests.
import type { Answer, Failure } from "../api/client";
import type { Patience } from "./again";
import type { Claims, Known, NewUpload, UploadApi } from "./api";
import type { Put } from "./parts";

export const unreachable: Answer<never> = { ok: false, failure: { kind: "unreachable" } };
export const flaw = (status: number, code: string, message: string): Failure => ({
  kind: "problem",
  status,
  code,
  message,
});

type Call = "begin" | "parts" | "put" | "complete";
type Held = { known: Known; parts: Map<number, Blob> };

export type Store = ReturnType<typeof store>;

export function store({ partSize, keepContent = true }: { partSize: number; keepContent?: boolean }) {
  const uploads = new Map<string, Held>();
  const texts = new Map<string, string>();
  const failures = new Map<Call, number>();
  const claimed = new Set<string>();
  const fails = (call: Call) => {
    const left = failures.get(call) ?? 0;
    failures.set(call, left - 1);
    return left > 0;
  };
  const gone: Answer<never> = {
    ok: false,
    failure: flaw(404, "upload_not_found", "There is no such upload."),
  };
  const waitWhile = async (held: () => boolean, signal?: AbortSignal) => {
    while (held() && !signal?.aborted) await new Promise((resolve) => setTimeout(resolve, 1));
  };

  let lives = 0;
  const self = {
    begun: [] as NewUpload[],
    aborted: [] as string[],
    completions: 0,
    puts: 0,
    putting: 0,
    mostPutting: 0,
    online: true,
    holdBegin: false,
    holdParts: false,
    /** Parts after this one do not arrive. */
    stopAfter: null as number | null,
    /** So many parts are refused. */
    refuse: 0,
    refusal: null as Failure | null,
    loseComplete: false,
    fail: (call: Call, times: number) => failures.set(call, times),
    forget: (id: string) => uploads.delete(id),
    /** The page goes, with what it holds and what is under way. */
    reload: () => {
      lives += 1;
      self.putting = 0;
      claimed.clear();
    },
    arrivedParts: (id: string) => uploads.get(id)?.parts.size ?? 0,
    content: (id: string) => texts.get(id),
  };

  const api: UploadApi = {
    async begin(upload) {
      if (fails("begin")) return unreachable;
      if (self.refusal !== null) return { ok: false, failure: self.refusal };
      self.begun.push(upload);
      const id = `u${self.begun.length}`;
      const { title, filename, fingerprint, size_bytes } = upload;
      const told = { title, filename, fingerprint, size_bytes };
      const known: Known = { id, video_id: id, state: "open", part_size_bytes: partSize, ...told };
      uploads.set(id, { known, parts: new Map() });
      await waitWhile(() => self.holdBegin);
      return { ok: true, value: known };
    },
    async parts(id, numbers) {
      if (fails("parts")) return unreachable;
      if (!uploads.has(id)) return gone;
      return { ok: true, value: numbers.map((number) => ({ number, url: `${id}/${number}`, headers: {} })) };
    },
    async read(id) {
      const held = uploads.get(id);
      if (held === undefined) return gone;
      const parts = [...held.parts].map(([number, blob]) => ({ number, size_bytes: blob.size }));
      return { ok: true, value: { upload: held.known, parts } };
    },
    async complete(id) {
      if (fails("complete")) return unreachable;
      const held = uploads.get(id);
      if (held === undefined) return gone;
      self.completions += 1;
      const numbers = [...held.parts.keys()].sort((a, b) => a - b);
      if (numbers.length !== Math.ceil(held.known.size_bytes / partSize))
        return { ok: false, failure: flaw(409, "parts_missing", "Parts are missing.") };
      held.known = { ...held.known, state: "complete" };
      if (keepContent)
        texts.set(id, await new Blob(numbers.map((number) => held.parts.get(number) ?? "")).text());
      if (self.loseComplete && self.completions === 1) return unreachable;
      return { ok: true, value: held.known };
    },
    async abort(id) {
      self.aborted.push(id);
      uploads.delete(id);
      return { ok: true, value: undefined };
    },
    async open() {
      const open = [...uploads.values()].filter(({ known }) => known.state !== "complete");
      return { ok: true, value: open.map(({ known }) => known) };
    },
  };

  const put: Put = async ({ url, body, onProgress, signal }) => {
    const [id = "", number = ""] = url.split("/");
    const life = lives;
    self.puts += 1;
    self.putting += 1;
    self.mostPutting = Math.max(self.mostPutting, self.putting);
    try {
      const held = uploads.get(id);
      await waitWhile(() => self.holdParts, signal);
      await waitWhile(() => self.stopAfter !== null && Number(number) > self.stopAfter, signal);
      if (life !== lives) return await new Promise<number>(() => {});
      if (signal.aborted || fails("put")) return 0;
      if (self.refuse > 0) {
        self.refuse -= 1;
        return 403;
      }
      onProgress(body.size);
      held?.parts.set(Number(number), body);
      return 200;
    } finally {
      self.putting -= 1;
    }
  };

  const claims: Claims = {
    hold: (id) => {
      claimed.add(id);
      return () => claimed.delete(id);
    },
    held: async () => new Set(claimed),
  };

  const patience: Patience = {
    sleep: (_, signal) => waitWhile(() => false, signal),
    random: () => 0,
    online: (signal) => waitWhile(() => !self.online, signal),
  };

  return Object.assign(self, { api, put, claims, patience });
}
