// Files to upload, made on the spot.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TITLE } from "./stack";

export type Clips = {
  /** 12 s of 1280×720 with sound: no 1080p is made of it. */
  landscape: string;
  /** Text that says it is a video. */
  text: string;
  remove: () => void;
};

export const CLIP_SECONDS = 12;

export function makeClips(): Clips {
  const folder = mkdtempSync(join(tmpdir(), "fantail-browser-"));
  const landscape = join(folder, `${TITLE} landscape.mp4`);
  const text = join(folder, `${TITLE} text.mp4`);
  const picture = `testsrc2=size=1280x720:rate=24:duration=${CLIP_SECONDS}`;
  const sound = `sine=frequency=440:beep_factor=4:duration=${CLIP_SECONDS}`;
  const encode = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "48", "-c:a", "aac"];
  const input = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound];
  execFileSync("ffmpeg", ["-v", "error", "-y", ...input, ...encode, "-movflags", "+faststart", landscape]);
  writeFileSync(text, "This is a shopping list: bread, milk, apples.\n".repeat(200));
  return { landscape, text, remove: () => rmSync(folder, { recursive: true }) };
}
