import { expect, it } from "vitest";
import { type Rate, sample, secondsLeft, speed } from "./rate";

/** Samples of a steady stream of bytes. */
const steady = (bytesPerSecond: number, seconds: number, everyMs: number): Rate => {
  let rate: Rate = [];
  for (let at = 0; at <= seconds * 1000; at += everyMs) rate = sample(rate, at, (bytesPerSecond * at) / 1000);
  return rate;
};

it("tells the speed and the time left", () => {
  const rate = steady(1000, 4, 100);
  expect(speed(rate)).toBeCloseTo(1000);
  expect(secondsLeft(rate, 10_000)).toBeCloseTo(6);
});

it("says nothing before there is something to say", () => {
  expect(speed([])).toBeNull();
  expect(speed(steady(1000, 0.2, 100))).toBeNull();
});

it("says no time left while nothing moves", () => {
  expect(secondsLeft(sample(sample([], 0, 500), 2000, 500), 1000)).toBeNull();
});

it("follows a change within seconds", () => {
  let rate = steady(1000, 10, 100);
  for (let at = 10_100; at <= 17_000; at += 100) rate = sample(rate, at, 10_000 + (at - 10_000) / 10);
  expect(speed(rate)).toBeCloseTo(100, 0);
});

it("keeps few samples, however many events come", () => {
  expect(steady(1000, 60, 5).length).toBeLessThan(50);
});
