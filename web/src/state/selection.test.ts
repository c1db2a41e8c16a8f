import { describe, expect, it } from "vitest";
import { nothing, prune, toggle } from "./selection";

const order = ["a", "b", "c", "d", "e"];

describe("a selection", () => {
  it("takes and leaves one by one", () => {
    const one = toggle(nothing, "b", false, order);
    expect([...one.ids]).toEqual(["b"]);
    expect([...toggle(one, "b", false, order).ids]).toEqual([]);
  });

  it("takes a run with Shift, in either direction, and leaves one so", () => {
    const run = toggle(toggle(nothing, "d", false, order), "b", true, order);
    expect([...run.ids].sort()).toEqual(["b", "c", "d"]);
    expect([...toggle(toggle(run, "d", false, order), "c", true, order).ids]).toEqual(["b"]);
  });

  it("takes only the one where a run has no beginning", () => {
    expect([...toggle(nothing, "c", true, order).ids]).toEqual(["c"]);
  });

  it("forgets what is gone", () => {
    const two = toggle(toggle(nothing, "a", false, order), "e", false, order);
    expect([...prune(two, ["a", "b"]).ids]).toEqual(["a"]);
    expect(prune(two, order)).toBe(two);
  });
});
