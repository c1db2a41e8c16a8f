import { describe, expect, it } from "vitest";
import { inFlight, nextToStart, step, titleFromFilename, type Upload, type UploadEvent } from "./upload";

const file = { key: "a", name: "a.mp4", title: "a", size: 1000 };
const waiting: Upload = { ...file, state: "waiting" };
const walk = (...events: UploadEvent[]) => events.reduce(step, waiting);

const start: UploadEvent = { type: "start", at: 0 };
const half: UploadEvent = { type: "progress", at: 1000, sent: 500 };

describe("an upload", () => {
  it("walks from waiting to processing", () => {
    expect(walk(start, half)).toMatchObject({ state: "sending", sent: 500 });
    expect(walk(start, half, { type: "sent" })).toEqual({ ...file, state: "storing" });
    expect(walk(start, half, { type: "sent" }, { type: "accepted", videoId: "v" })).toEqual({
      ...file,
      state: "processing",
      videoId: "v",
    });
  });

  it("may be answered before the last progress event", () => {
    const answered = walk(start, { type: "accepted", videoId: "v" });
    expect(answered.state).toBe("processing");
    expect(step(answered, half)).toBe(answered);
  });

  it("never counts backwards, nor past its end", () => {
    const sending = walk(start, half);
    expect(step(sending, { type: "progress", at: 1100, sent: 400 })).toBe(sending);
    expect(walk(start, { type: "progress", at: 10, sent: 5000 })).toMatchObject({ sent: 1000 });
  });

  it("keeps the reason of its failure, and starts from nothing when it is tried again", () => {
    const failed = walk(start, half, { type: "failed", reason: "full", again: true });
    expect(failed).toEqual({ ...file, state: "failed", reason: "full", again: true });
    expect(step(failed, { type: "retry" })).toEqual(waiting);
  });

  it("is not tried again where that cannot help", () => {
    const failed = walk({ type: "failed", reason: "empty", again: false });
    expect(step(failed, { type: "retry" })).toBe(failed);
  });

  it("can be cancelled until it is accepted", () => {
    expect(walk({ type: "cancel" }).state).toBe("cancelled");
    expect(walk(start, { type: "cancel" }).state).toBe("cancelled");
    expect(walk(start, { type: "accepted", videoId: "v" }, { type: "cancel" }).state).toBe("processing");
  });

  it("stays cancelled when the answer comes late", () => {
    expect(walk(start, { type: "cancel" }, { type: "accepted", videoId: "v" }).state).toBe("cancelled");
    expect(walk(start, { type: "cancel" }, { type: "failed", reason: "lost", again: true }).state).toBe(
      "cancelled",
    );
  });
});

describe("several uploads", () => {
  const named = (key: string, upload: Upload): Upload => ({ ...upload, key });

  it("start in turn, as many at once as may run", () => {
    const sending = walk(start);
    expect(nextToStart([named("a", waiting), named("b", waiting), named("c", waiting)], 2)).toEqual([
      "a",
      "b",
    ]);
    expect(nextToStart([named("a", sending), named("b", waiting), named("c", waiting)], 2)).toEqual(["b"]);
    expect(nextToStart([named("a", sending), named("b", sending), named("c", waiting)], 2)).toEqual([]);
  });

  it("are summed up by their bytes", () => {
    expect(inFlight([walk(start, half), waiting])).toEqual({ count: 2, fraction: 0.25 });
    expect(inFlight([walk({ type: "cancel" })])).toBeNull();
  });
});

describe("a title out of a file's name", () => {
  it.each([
    ["Holiday 1.mp4", "Holiday 1"],
    ["v1.2 final.mov", "v1.2 final"],
    ["v1.2 final", "v1.2 final"],
    [".mp4", ".mp4"],
    ["clip", "clip"],
  ])("%s → %s", (name, title) => expect(titleFromFilename(name)).toBe(title));

  it("is cut to what the API takes", () =>
    expect(titleFromFilename(`${"x".repeat(300)}.mp4`)).toHaveLength(200));
});
