// Numbers, sizes and times for people, by Intl and in the page's language.
import { locale, strings } from "./strings";

const BYTE_UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

function scaled(value: number, units: readonly string[]): { value: number; unit: string } {
  let step = 0;
  let rest = value;
  // 999.5 would be shown as "1,000": that is the next unit already.
  while (rest >= 999.5 && step < units.length - 1) {
    rest /= 1000;
    step += 1;
  }
  return { value: rest, unit: units[step] ?? "" };
}

function unitFormat(unit: string, fractionDigits: number): Intl.NumberFormat {
  return new Intl.NumberFormat(locale(), {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: fractionDigits,
  });
}

/** `12.4 MB`; decimal units, one digit below 100. */
export function bytes(count: number): string {
  const { value, unit } = scaled(Math.max(0, count), BYTE_UNITS);
  return unitFormat(unit, unit === "byte" || value >= 99.95 ? 0 : 1).format(value);
}

/** `3.2 MB/s`. */
export function bytesPerSecond(rate: number): string {
  const { value, unit } = scaled(Math.max(0, rate), BYTE_UNITS);
  return unitFormat(`${unit}-per-second`, unit === "byte" || value >= 99.95 ? 0 : 1).format(value);
}

/** `1.4 Mb/s`: a stream's bit rate. */
export function bitrate(bps: number): string {
  const { value, unit } = scaled(Math.max(0, bps), ["bit", "kilobit", "megabit", "gigabit"]);
  return unitFormat(`${unit}-per-second`, unit === "bit" || unit === "kilobit" ? 0 : 1).format(value);
}

/** `43%`; never 100% before it is done. */
export function percent(fraction: number): string {
  return new Intl.NumberFormat(locale(), { style: "percent" }).format(wholePercent(fraction) / 100);
}

/** 0 to 100, rounded down so that 100 means done. */
export function wholePercent(fraction: number): number {
  if (!Number.isFinite(fraction)) return 0;
  return Math.floor(Math.min(1, Math.max(0, fraction)) * 100 + 1e-9);
}

/** `1:02:03` or `0:06`, as players write it. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** `1 hour 2 minutes 3 seconds`, for those who hear it. */
export function spokenDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 3600), "hour"],
    [Math.floor((whole % 3600) / 60), "minute"],
    [whole % 60, "second"],
  ];
  const said = parts.filter(([n]) => n > 0);
  return (said.length > 0 ? said : [[0, "second"] as [number, string]])
    .map(([n, unit]) => long(n, unit))
    .join(" ");
}

function long(value: number, unit: string): string {
  return new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long" }).format(value);
}

/** `21 sec left`, `3 min left`: coarse on purpose, so that it does not flicker. */
export function timeLeft(seconds: number): string {
  if (seconds < 1) return strings.upload.almostDone;
  if (seconds < 60) return strings.upload.left(unitFormat("second", 0).format(Math.ceil(seconds)));
  if (seconds < 3600) return strings.upload.left(unitFormat("minute", 0).format(Math.ceil(seconds / 60)));
  return strings.upload.left(unitFormat("hour", 1).format(seconds / 3600));
}

/** `24 fps`, `29.97 fps`. */
export function frameRate(rate: number): string {
  return strings.facts.fps(new Intl.NumberFormat(locale(), { maximumFractionDigits: 2 }).format(rate));
}

/** `1920 × 1080`. */
export function dimensions(width: number, height: number): string {
  return `${width} × ${height}`;
}

export function dateTime(iso: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "long", timeStyle: "short" }).format(new Date(iso));
}

const STEPS: [limit: number, seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [3600, 60, "minute"],
  [86_400, 3600, "hour"],
  [7 * 86_400, 86_400, "day"],
];

/** `just now`, `5 minutes ago`, `yesterday`, then a date. */
export function ago(iso: string, now: number): string {
  const then = new Date(iso).getTime();
  const age = (now - then) / 1000;
  // Also a clock that runs a little behind the server's.
  if (age < 60) return strings.justNow;
  for (const [limit, seconds, unit] of STEPS) {
    if (age < limit) {
      return new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(
        -Math.floor(age / seconds),
        unit,
      );
    }
  }
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium" }).format(then);
}

export function count(n: number): string {
  return new Intl.NumberFormat(locale()).format(n);
}
