// How fast something goes, from the samples of the last seconds.

export type Sample = { at: number; sent: number };
export type Rate = readonly Sample[];

/** Long enough to be steady, short enough to follow a change of network. */
const WINDOW_MS = 6000;
/** Progress events arrive many times a second; more samples would say no more. */
const SPACING_MS = 200;

/** `at` in milliseconds, `sent` the bytes so far. */
export function sample(rate: Rate, at: number, sent: number): Rate {
  const recent = rate.filter((one) => at - one.at <= WINDOW_MS);
  const last = recent.at(-1);
  const before = recent.at(-2);
  const tooClose = last !== undefined && before !== undefined && last.at - before.at < SPACING_MS;
  return [...(tooClose ? recent.slice(0, -1) : recent), { at, sent }];
}

/** Bytes per second, or null while there is too little to say. */
export function speed(rate: Rate): number | null {
  const first = rate[0];
  const last = rate.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < 500) return null;
  return ((last.sent - first.sent) * 1000) / (last.at - first.at);
}

/** Seconds until `size` bytes are there at this speed, or null while nobody can tell. */
export function secondsLeft(rate: Rate, size: number): number | null {
  const bytesPerSecond = speed(rate);
  const last = rate.at(-1);
  if (bytesPerSecond === null || bytesPerSecond <= 0 || last === undefined) return null;
  return (size - last.sent) / bytesPerSecond;
}
