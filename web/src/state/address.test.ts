import { expect, test } from "vitest";
import { addressOf, isSettling } from "./address";

test("a link is a token, a frame is an id or a token", () => {
  expect(addressOf("/s/abc")).toEqual({ by: "token", token: "abc", framed: false });
  expect(addressOf("/embed/1")).toEqual({ by: "id", id: "1", framed: true });
  expect(addressOf("/embed/1/t/abc")).toEqual({ by: "token", token: "abc", framed: true });
});

test("a link that opens nothing is not asked for again", () => {
  const problem = { kind: "problem", status: 404, code: "share_not_found", message: "" } as const;
  expect(isSettling({ ok: false, failure: problem })).toBe(false);
  expect(isSettling({ ok: false, failure: { kind: "unreachable" } })).toBe(true);
});
