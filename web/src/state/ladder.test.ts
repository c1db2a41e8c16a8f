import { describe, expect, it } from "vitest";
import { rendition, thumbnails, video } from "./fixtures";
import { playlistOf, steps, summarise } from "./ladder";

const reason = { code: "source_too_small", message: "The source is smaller." };

describe("the steps of a video", () => {
  it("are audio, the rungs from small to large, and the poster", () => {
    const all = steps(
      video("v", { renditions: ["1080p", "480p", "audio", "720p"].map((name) => rendition(name)) }),
    );
    expect(all.map((step) => step.name)).toEqual(["audio", "480p", "720p", "1080p", "poster"]);
  });

  it("are none until a worker has looked at the file", () => {
    expect(steps(video("v"))).toEqual([]);
  });

  it("keep their reasons", () => {
    const renditions = [rendition("1080p", { state: "skipped", reason })];
    expect(steps(video("v", { renditions }))[0]).toEqual({
      name: "1080p",
      state: "skipped",
      progress: 0,
      reason,
    });
  });

  it("are whole exactly when complete", () => {
    const running = rendition("480p", { state: "running", progress: 1 });
    const complete = rendition("720p", { state: "complete", progress: 0.98 });
    const [first, second] = steps(video("v", { renditions: [running, complete] }));
    expect(first?.progress).toBeLessThan(1);
    expect(second?.progress).toBe(1);
  });
});

describe("the sum of them", () => {
  it("leaves out what does not apply", () => {
    const renditions = [
      rendition("audio", { state: "complete", progress: 1 }),
      rendition("480p", { state: "running", progress: 0.5 }),
      rendition("1080p", { state: "skipped", reason }),
    ];
    const sum = summarise(steps(video("v", { renditions, thumbnails: thumbnails("complete") })));
    expect(sum).toEqual({ all: 3, done: 2, failed: 0, progress: (1 + 0.5 + 1) / 3 });
  });

  it("counts a failed one as over, not as done", () => {
    const renditions = [rendition("480p", { state: "failed", progress: 0.2, reason })];
    const sum = summarise(steps(video("v", { renditions, thumbnails: thumbnails("complete") })));
    expect(sum).toEqual({ all: 2, done: 1, failed: 1, progress: 1 });
  });

  it("is nothing of nothing", () =>
    expect(summarise([])).toEqual({ all: 0, done: 0, failed: 0, progress: 0 }));
});

describe("the playlist", () => {
  const playlist_url = "/v/v/master.m3u8";

  it.each(["playable", "ready", "partial"] as const)("is there when %s", (state) =>
    expect(playlistOf(video("v", { state, playlist_url }))).toBe(playlist_url),
  );

  it.each(["uploaded", "processing", "failed", "rejected"] as const)("is not played when %s", (state) =>
    expect(playlistOf(video("v", { state, playlist_url }))).toBeNull(),
  );
});
