// Calls that are made again until they are answered: with backoff, and no call while the line is known to be away.
import type { Answer } from "../api/client";

export type Patience = {
  /** Milliseconds; ends early when the signal fires. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** 0 to 1. */
  random: () => number;
  /** Waits until the device is online; at once where it is. */
  online: (signal: AbortSignal) => Promise<void>;
};

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

/** Doubles from half a second to thirty, spread so that many do not come back at once. */
export function pauseMs(failures: number, random: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1)) * (0.5 + random / 2);
}

/** Can another attempt help, without anybody changing anything? */
export function passes(answer: Answer<unknown>): boolean {
  if (answer.ok) return false;
  const { failure } = answer;
  return (
    failure.kind === "unreachable" ||
    failure.status >= 500 ||
    failure.status === 429 ||
    failure.status === 408
  );
}

/** The first answer that another attempt would not change; throws what the signal says when it fires. */
export async function again<T>(
  call: () => Promise<Answer<T>>,
  signal: AbortSignal,
  patience: Patience,
  onTrouble: (trouble: boolean) => void = () => {},
): Promise<Answer<T>> {
  for (let failures = 1; ; failures += 1) {
    await patience.online(signal);
    signal.throwIfAborted();
    const answer = await call();
    signal.throwIfAborted();
    if (!passes(answer)) {
      if (failures > 1) onTrouble(false);
      return answer;
    }
    onTrouble(true);
    await patience.sleep(pauseMs(failures, patience.random()), signal);
  }
}
