// One upload from its first call to its last: begun, what is missing sent, completed. Every call may be made again.
import type { Answer, Failure } from "../api/client";
import { again, type Patience } from "./again";
import type { Known, UploadApi } from "./api";
import { bytesOf, range } from "./layout";
import { type Put, sendParts } from "./parts";
import type { Slots } from "./slots";

export type Transfer = {
  api: UploadApi;
  put: Put;
  slots: Slots;
  patience: Patience;
  file: Blob;
  signal: AbortSignal;
  onProgress: (sent: number) => void;
  onTrouble: (trouble: boolean) => void;
  /** All bytes are there. */
  onSent: () => void;
};

/** How often parts that the API misses at the end are sent after all. */
const MOST_ROUNDS = 3;

/** Bytes of a known upload that have arrived whole, and the parts that they are. */
export async function arrivedOf(
  api: UploadApi,
  id: string,
  signal: AbortSignal,
  patience: Patience,
): Promise<Answer<{ upload: Known; arrived: Set<number>; sent: number }>> {
  const answer = await again(() => api.read(id), signal, patience);
  if (!answer.ok) return answer;
  const { upload, parts } = answer.value;
  const layout = { size: upload.size_bytes, partSize: upload.part_size_bytes };
  const whole = parts.filter(({ number, size_bytes }) => {
    const [from, to] = range(layout, number);
    return size_bytes === to - from;
  });
  const arrived = new Set(whole.map((part) => part.number));
  return { ok: true, value: { upload, arrived, sent: bytesOf(layout, arrived) } };
}

/** Sends what is missing and completes; null when the API has it. Throws what the signal says when it fires. */
export async function transfer(known: Known, fresh: boolean, work: Transfer): Promise<Failure | null> {
  const { api, signal, patience, onTrouble } = work;
  const layout = { size: known.size_bytes, partSize: known.part_size_bytes };
  // What was just begun has no parts.
  let arrived: Set<number> | null = fresh ? new Set() : null;
  for (let round = 1; ; round += 1) {
    if (arrived === null) {
      const answer = await arrivedOf(api, known.id, signal, patience);
      if (!answer.ok) return answer.failure;
      if (answer.value.upload.state === "complete") return null;
      arrived = answer.value.arrived;
      // While it is being put together there is nothing to send: `complete` waits for the end.
      if (answer.value.upload.state === "completing") arrived = null;
    }
    if (arrived !== null) {
      const failure = await sendParts({
        ...work,
        layout,
        arrived,
        urls: (numbers) => api.parts(known.id, numbers),
      });
      if (failure !== null && !isOver(failure)) return failure;
    }
    work.onSent();
    const completed = await again(() => api.complete(known.id), signal, patience, onTrouble);
    if (completed.ok) return null;
    if (!isIncomplete(completed.failure) || round === MOST_ROUNDS) return completed.failure;
    arrived = null;
  }
}

/** Another call of ours, whose answer was lost, has ended it. */
function isOver(failure: Failure): boolean {
  return failure.kind === "problem" && /^upload_(complete|completing)$/.test(failure.code);
}

/** A part is missing after all, or it is being put together just now. */
function isIncomplete(failure: Failure): boolean {
  return failure.kind === "problem" && failure.status === 409;
}
