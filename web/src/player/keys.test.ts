import { describe, expect, it } from "vitest";
import { keyAction, nextRate } from "./keys";

const press = (key: string, on: "text" | "control" | "page" = "page", changes = {}) =>
  keyAction({ key, ctrlKey: false, metaKey: false, altKey: false, ...changes }, on);

describe("keys of the player", () => {
  it("work anywhere on the page, in either case", () => {
    expect(press("k")).toEqual({ do: "toggle" });
    expect(press("K")).toEqual({ do: "toggle" });
    expect(press("ArrowRight")).toEqual({ do: "seek", by: 10 });
    expect(press("7")).toEqual({ do: "jump", to: 0.7 });
  });

  it("leave text alone, and to controls what is theirs", () => {
    expect(press("k", "text")).toBeNull();
    expect(press(" ", "control")).toBeNull();
    expect(press("ArrowLeft", "control")).toBeNull();
    expect(press("k", "control")).toEqual({ do: "toggle" });
  });

  it("leave the browser's own combinations alone", () => {
    expect(press("l", "page", { ctrlKey: true })).toBeNull();
    expect(press("ArrowLeft", "page", { altKey: true })).toBeNull();
    expect(press("F5")).toBeNull();
  });

  it("step through the rates, and stop at the ends", () => {
    expect(nextRate(1, 1)).toBe(1.25);
    expect(nextRate(1, -1)).toBe(0.75);
    expect(nextRate(2, 1)).toBe(2);
    expect(nextRate(0.5, -1)).toBe(0.5);
  });
});
