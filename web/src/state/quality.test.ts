import { expect, it } from "vitest";
import { rendition } from "./fixtures";
import { betterRung } from "./quality";

const complete = (name: string, height: number) => rendition(name, { state: "complete", height });

it("is the best finished rung that the player does not know", () => {
  const renditions = [complete("480p", 480), complete("720p", 720), complete("1080p", 1080)];
  expect(betterRung(renditions, [480])?.name).toBe("1080p");
});

it("is none when the player knows the best", () => {
  expect(betterRung([complete("480p", 480), complete("720p", 720)], [480, 720])).toBeNull();
});

it("is none while the better one is still being made", () => {
  const running = rendition("720p", { state: "playable", progress: 0.9, height: 720 });
  expect(betterRung([complete("480p", 480), running], [480])).toBeNull();
});

it("is none before the player has read anything", () => {
  expect(betterRung([complete("480p", 480)], [])).toBeNull();
});

it("is never the audio", () => {
  expect(betterRung([rendition("audio", { state: "complete" })], [240])).toBeNull();
});

it("goes by the real height, as that of a portrait video", () => {
  expect(betterRung([complete("480p", 854)], [854])).toBeNull();
  expect(betterRung([complete("480p", 854), complete("720p", 1280)], [854])?.name).toBe("720p");
});
