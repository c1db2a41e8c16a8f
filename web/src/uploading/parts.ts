// Sends the parts of one file that are not there yet: several at once, each until it has arrived.
import type { Answer, Failure } from "../api/client";
import { again, type Patience, pauseMs } from "./again";
import { bytesOf, type Layout, missing, range } from "./layout";
import type { Slots } from "./slots";

export type PartUrl = { number: number; url: string; headers: Readonly<Record<string, string>> };

export type Putting = {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Blob;
  /** Bytes that have left so far. */
  onProgress: (sent: number) => void;
  signal: AbortSignal;
};

/** The status of the answer; 0 without one. Does not throw. */
export type Put = (putting: Putting) => Promise<number>;

export type Sending = {
  file: Blob;
  layout: Layout;
  /** Numbers of parts that are there; those that arrive are added. */
  arrived: Set<number>;
  /** Fresh URLs for these parts. */
  urls: (numbers: readonly number[]) => Promise<Answer<readonly PartUrl[]>>;
  put: Put;
  slots: Slots;
  signal: AbortSignal;
  patience: Patience;
  /** Bytes that are there or on their way. */
  onProgress: (sent: number) => void;
  onTrouble: (trouble: boolean) => void;
};

/** Parts of one file on their way at the same time. */
export const PARTS_AT_ONCE = 8;
/** URLs asked for at once: enough to ask seldom, few enough that none expires unused. */
const URLS_AT_ONCE = 24;
/** How often the store may refuse a part with a fresh URL before it is given up. */
const MOST_REFUSALS = 5;

/** Null when all have arrived. Throws what the signal says when it fires. */
export async function sendParts(sending: Sending): Promise<Failure | null> {
  const { layout, arrived, signal, onProgress } = sending;
  const queue = missing(layout, arrived);
  const urls = urlsFor(sending, queue);
  const underWay = new Map<number, number>();
  const trouble = troubleOf(sending.onTrouble);
  const tell = () => {
    let sum = bytesOf(layout, arrived);
    for (const sent of underWay.values()) sum += sent;
    onProgress(sum);
  };

  // One that fails for good stops the others.
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  let failed: Failure | null = null;

  const sendOne = async (number: number): Promise<void> => {
    for (let failures = 1, refusals = 0; ; failures += 1) {
      const url = await urls.take(number, both, (busy) => trouble.tell(number, busy));
      if (!url.ok) {
        failed ??= url.failure;
        stop.abort();
        return;
      }
      const give = await sending.slots.take(both);
      let status: number;
      try {
        await sending.patience.online(both);
        const [from, to] = range(layout, number);
        status = await sending.put({
          url: url.value.url,
          headers: url.value.headers,
          body: sending.file.slice(from, to),
          onProgress: (sent) => {
            underWay.set(number, sent);
            tell();
          },
          signal: both,
        });
      } finally {
        underWay.delete(number);
        give();
      }
      both.throwIfAborted();
      if (status >= 200 && status < 300) {
        arrived.add(number);
        trouble.tell(number, false);
        tell();
        return;
      }
      tell();
      urls.drop(number);
      const refused = status >= 400 && status < 500 && status !== 408 && status !== 429;
      refusals += refused ? 1 : 0;
      if (refusals >= MOST_REFUSALS) {
        failed ??= {
          kind: "problem",
          status,
          code: "part_refused",
          message: `The store refused a part: ${status}.`,
        };
        stop.abort();
        return;
      }
      trouble.tell(number, true);
      await sending.patience.sleep(pauseMs(failures, sending.patience.random()), both);
    }
  };

  const worker = async () => {
    for (let number = queue.shift(); number !== undefined; number = queue.shift()) await sendOne(number);
  };
  tell();
  const workers = Array.from({ length: Math.min(PARTS_AT_ONCE, queue.length) }, worker);
  const ends = await Promise.allSettled(workers);
  signal.throwIfAborted();
  if (failed !== null) return failed;
  const thrown = ends.find((end) => end.status === "rejected");
  if (thrown !== undefined) throw thrown.reason;
  return null;
}

/** Asks for URLs of the parts that come next, and again for one that was used in vain. */
function urlsFor(sending: Sending, queue: readonly number[]) {
  const known = new Map<number, PartUrl>();
  let asking: Promise<Answer<readonly PartUrl[]>> | null = null;
  return {
    drop: (number: number) => known.delete(number),
    async take(
      number: number,
      signal: AbortSignal,
      onTrouble: (trouble: boolean) => void,
    ): Promise<Answer<PartUrl>> {
      for (;;) {
        const url = known.get(number);
        if (url !== undefined) return { ok: true, value: url };
        const numbers = [number, ...queue.filter((one) => !known.has(one)).slice(0, URLS_AT_ONCE - 1)];
        asking ??= again(() => sending.urls(numbers), signal, sending.patience, onTrouble).finally(() => {
          asking = null;
        });
        const answer = await asking;
        if (!answer.ok) return answer;
        for (const one of answer.value) known.set(one.number, one);
      }
    },
  };
}

/** The line is in trouble as long as one part is. */
function troubleOf(onTrouble: (trouble: boolean) => void) {
  const troubled = new Set<number>();
  return {
    tell(number: number, trouble: boolean) {
      const before = troubled.size > 0;
      if (trouble) troubled.add(number);
      else troubled.delete(number);
      if (troubled.size > 0 !== before) onTrouble(troubled.size > 0);
    },
  };
}
