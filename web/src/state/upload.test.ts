import { describe, expect, it } from "vitest";
import {
  inFlight,
  isOver,
  nextToStart,
  step,
  titleFromFilename,
  type Upload,
  type UploadEvent,
} from "./upload";

const file = {
  key: "a",
  name: "a.mp4",
  title: "a",
  visibility: "private" as const,
  size: 1000,
  videoId: null,
};
const waiting: Upload = { ...file, state: "waiting" };
const walk = (...events: UploadEvent[]) => events.reduce(step, waiting);

const start: UploadEvent = { type: "start", at: 0, sent: 0 };
const half: UploadEvent = { type: "progress", at: 1000, sent: 500 };
const accepted: UploadEvent = { type: "accepted", videoId: "v" };

describe("an upload", () => {
  it("walks from waiting to processing", () => {
    expect(walk(start, half)).toMatchObject({ state: "sending", sent: 500 });
    expect(walk(start, half, { type: "sent" })).toEqual({ ...file, state: "storing" });
    expect(walk(start, half, { type: "sent" }, accepted)).toEqual({
      ...file,
      state: "processing",
      videoId: "v",
    });
  });

  it("has a link as soon as the API has heard of it", () => {
    expect(walk({ type: "begun", videoId: "v" })).toEqual({ ...file, state: "waiting", videoId: "v" });
    expect(walk(start, { type: "begun", videoId: "v" }, half)).toMatchObject({ sent: 500, videoId: "v" });
  });

  it("may be answered before the last progress event", () => {
    const answered = walk(start, accepted);
    expect(answered.state).toBe("processing");
    expect(step(answered, half)).toBe(answered);
  });

  it("counts a part that is sent again anew, and its speed too; never past the end", () => {
    const less = walk(start, half, { type: "progress", at: 1100, sent: 400 });
    expect(less).toMatchObject({ sent: 400, rate: [{ at: 1100, sent: 400 }] });
    expect(walk(start, { type: "progress", at: 10, sent: 5000 })).toMatchObject({ sent: 1000 });
  });

  it("has no speed while the line is away", () => {
    const stalled = walk(start, half, { type: "stalled", stalled: true });
    expect(stalled).toMatchObject({ stalled: true, rate: [], sent: 500 });
    expect(step(stalled, { type: "stalled", stalled: false })).toMatchObject({ stalled: false });
  });

  it("keeps the reason of its failure, and is tried again from waiting", () => {
    const failed = walk(start, half, { type: "failed", reason: "full", again: true });
    expect(failed).toEqual({ ...file, state: "failed", reason: "full", again: true });
    expect(step(failed, { type: "retry" })).toEqual(waiting);
  });

  it("is not tried again where that cannot help", () => {
    const failed = walk({ type: "failed", reason: "empty", again: false });
    expect(step(failed, { type: "retry" })).toBe(failed);
  });

  it("is paused with what is there, and goes on from waiting", () => {
    const paused = walk(start, half, { type: "pause" });
    expect(paused).toEqual({ ...file, state: "paused", sent: 500 });
    expect(step(paused, { type: "resume" })).toEqual(waiting);
    expect(walk(start, { type: "sent" }, { type: "pause" }).state).toBe("storing");
  });

  it("can be cancelled until it is accepted, and has no link then", () => {
    expect(walk({ type: "begun", videoId: "v" }, { type: "cancel" })).toEqual({
      ...file,
      state: "cancelled",
    });
    expect(walk(start, { type: "cancel" }).state).toBe("cancelled");
    expect(walk(start, { type: "pause" }, { type: "cancel" }).state).toBe("cancelled");
    expect(walk(start, accepted, { type: "cancel" }).state).toBe("processing");
  });

  it("stays cancelled when the answer comes late", () => {
    expect(walk(start, { type: "cancel" }, accepted).state).toBe("cancelled");
    expect(walk(start, { type: "cancel" }, { type: "failed", reason: "lost", again: true }).state).toBe(
      "cancelled",
    );
  });

  it("of an earlier page waits for its file", () => {
    const unfinished: Upload = { ...file, state: "unfinished", sent: 300, videoId: "v" };
    expect(step(unfinished, start)).toBe(unfinished);
    expect(step(unfinished, { type: "found", name: "b.mp4" })).toMatchObject({
      state: "waiting",
      name: "b.mp4",
      videoId: "v",
    });
    expect(isOver(unfinished)).toBe(false);
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

  it("are summed up by their bytes and speeds", () => {
    const speed = () => 100;
    const paused = walk(start, half, { type: "pause" });
    expect(inFlight([walk(start, half), waiting], speed)).toEqual({
      count: 2,
      fraction: 0.25,
      sent: 500,
      size: 2000,
      speed: 100,
    });
    expect(inFlight([paused], speed)).toMatchObject({ count: 1, sent: 500, speed: null });
    expect(inFlight([walk({ type: "cancel" })], speed)).toBeNull();
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
