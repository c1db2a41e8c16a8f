// Where in the video a link begins: `?t=90`, `?t=1m30s`, `?t=1:30`.

/** Seconds; 0 where the address says nothing that can be understood. */
export function startAt(search: string): number {
  const text = new URLSearchParams(search).get("t")?.trim().toLowerCase() ?? "";
  if (/^\d+(\.\d+)?s?$/.test(text)) return Number.parseFloat(text);
  if (/^(\d+:)?\d{1,2}:\d{1,2}$/.test(text)) {
    return text.split(":").reduce((seconds, part) => seconds * 60 + Number.parseInt(part, 10), 0);
  }
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (parts === null) return 0;
  const [hours, minutes, seconds] = parts.slice(1).map((part) => Number.parseInt(part ?? "0", 10));
  return (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
}

/** The address with the moment in it, in whole seconds; without one at the beginning. */
export function linkAt(address: string, seconds: number): string {
  const url = new URL(address);
  const whole = Math.floor(seconds);
  url.hash = "";
  if (whole > 0) url.searchParams.set("t", String(whole));
  else url.searchParams.delete("t");
  return url.href;
}
