import { describe, expect, it } from "vitest";
import * as format from "./format";

describe("sizes", () => {
  it.each([
    [0, "0 byte"],
    [999, "999 byte"],
    [999.7, "1 kB"],
    [12_400_000, "12.4 MB"],
    [999_999, "1 MB"],
    [218_000_000, "218 MB"],
    [6_442_450_944, "6.4 GB"],
  ])("%d → %s", (count, text) => expect(format.bytes(count)).toBe(text));

  it("as speeds and bit rates", () => {
    expect(format.bytesPerSecond(3_210_000)).toBe("3.2 MB/s");
    expect(format.bitrate(128_000)).toBe("128 kb/s");
    expect(format.bitrate(1_400_000)).toBe("1.4 Mb/s");
  });
});

describe("percentages", () => {
  it("are whole, and 100 only at the end", () => {
    expect(format.percent(0.431)).toBe("43%");
    expect(format.percent(0.999)).toBe("99%");
    expect(format.percent(1)).toBe("100%");
    expect(format.percent(0.29)).toBe("29%");
  });

  it("stay between 0 and 100", () => {
    expect(format.wholePercent(-1)).toBe(0);
    expect(format.wholePercent(7)).toBe(100);
    expect(format.wholePercent(Number.NaN)).toBe(0);
  });
});

describe("durations", () => {
  it.each([
    [0, "0:00"],
    [6.4, "0:06"],
    [59.6, "1:00"],
    [734, "12:14"],
    [3725, "1:02:05"],
  ])("%d s → %s", (seconds, text) => expect(format.clock(seconds)).toBe(text));

  it("can be read aloud", () => {
    expect(format.spokenDuration(3725)).toBe("1 hour 2 minutes 5 seconds");
    expect(format.spokenDuration(0.2)).toBe("0 seconds");
  });

  it("left are coarse", () => {
    expect(format.timeLeft(0.4)).toBe("almost done");
    expect(format.timeLeft(20.3)).toBe("21 sec left");
    expect(format.timeLeft(125)).toBe("3 min left");
    expect(format.timeLeft(5400)).toBe("1.5 hr left");
  });
});

describe("ages", () => {
  const now = Date.parse("2026-11-23T20:00:00Z");
  it.each([
    ["2026-11-23T19:59:30Z", "just now"],
    ["2026-11-23T20:00:09Z", "just now"],
    ["2026-11-23T19:55:00Z", "5 minutes ago"],
    ["2026-11-23T17:00:00Z", "3 hours ago"],
    ["2026-11-22T19:00:00Z", "yesterday"],
    ["2026-10-02T12:00:00Z", "Oct 2, 2026"],
  ])("%s → %s", (iso, text) => expect(format.ago(iso, now)).toBe(text));
});

it("frame rates keep what matters of them", () => {
  expect(format.frameRate(24)).toBe("24 fps");
  expect(format.frameRate(30_000 / 1001)).toBe("29.97 fps");
});
