import { expect, it } from "vitest";
import { fingerprint } from "./fingerprint";

const file = (content: string, name = "a.mp4", lastModified = 1) =>
  new File([content], name, { lastModified });

it("is the same for the same file, and another for another", async () => {
  const big = "x".repeat(200_000);
  const first = await fingerprint(file(big));
  expect(await fingerprint(file(big))).toBe(first);
  const others = [
    file(`y${big.slice(1)}`),
    file(`${big.slice(1)}y`),
    file(big, "b.mp4"),
    file(big, "a.mp4", 2),
    file(`${big}x`),
  ];
  const all = await Promise.all(others.map(fingerprint));
  expect(new Set([first, ...all]).size).toBe(6);
});

it("reads only the ends of a large file", async () => {
  let read = 0;
  const huge = {
    name: "huge.mp4",
    size: 6 * 2 ** 30,
    lastModified: 1,
    slice: (from: number, to = 6 * 2 ** 30) => {
      read += to - from;
      return new Blob([new Uint8Array(to - from)]);
    },
  } as unknown as File;
  await fingerprint(huge);
  expect(read).toBe(128 * 1024);
});
