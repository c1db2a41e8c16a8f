import { describe, expect, it } from "vitest";
import { failureOf, messageOf } from "./client";

const problem = {
  type: "about:blank",
  title: "Too large",
  status: 413,
  code: "too_large",
  detail: "Over 10 GB.",
};

describe("a failure", () => {
  it("is the problem's detail", () => {
    const failure = failureOf(413, problem);
    expect(failure).toEqual({ kind: "problem", status: 413, code: "too_large", message: "Over 10 GB." });
    expect(messageOf(failure)).toBe("Over 10 GB.");
  });

  it("is its title where there is no detail", () => {
    const { detail: _, ...short } = problem;
    expect(messageOf(failureOf(413, short))).toBe("Too large");
  });

  it("is one of the API's own even at 500 when it says so", () => {
    expect(failureOf(503, { ...problem, status: 503 })).toMatchObject({ kind: "problem" });
  });

  it("means unreachable where a gateway answers, or nobody", () => {
    expect(failureOf(502, "<html>")).toEqual({ kind: "unreachable" });
    expect(failureOf(0, null)).toEqual({ kind: "unreachable" });
  });
});
