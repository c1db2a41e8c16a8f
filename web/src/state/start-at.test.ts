import { describe, expect, it } from "vitest";
import { linkAt, startAt } from "./start-at";

describe("a link's moment", () => {
  it.each([
    ["", 0],
    ["?t=90", 90],
    ["?t=12.5", 12.5],
    ["?t=90s", 90],
    ["?t=1m30s", 90],
    ["?t=1h", 3600],
    ["?t=1:30", 90],
    ["?t=1:00:05", 3605],
    ["?t=soon", 0],
    ["?t=-5", 0],
    ["?x=1&t=7", 7],
  ])("%s → %d s", (search, seconds) => expect(startAt(search)).toBe(seconds));

  it("is written in whole seconds, and left out at the beginning", () => {
    expect(linkAt("https://f.example/watch/a", 61.9)).toBe("https://f.example/watch/a?t=61");
    expect(linkAt("https://f.example/watch/a?t=61#x", 0)).toBe("https://f.example/watch/a");
  });
});
