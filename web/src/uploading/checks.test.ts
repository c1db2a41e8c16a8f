import { expect, it } from "vitest";
import { faultOf } from "./checks";

it.each([
  ["a.mp4", 1, "video/mp4", null],
  ["a.mkv", 1, "", null],
  ["a.ts", 1, "text/vnd.trolltech.linguist", null],
  ["a.bin", 1, "", null],
  ["a.mp4", 0, "video/mp4", "empty"],
  ["a.jpg", 1, "image/jpeg", "not_video"],
  ["a.pdf", 1, "application/pdf", "not_video"],
  ["a.mp3", 1, "audio/mpeg", "not_video"],
])("%s of %d bytes, %s: %s", (name, size, type, fault) => expect(faultOf({ name, size, type })).toBe(fault));
