// Files to upload, made on the spot.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Titles of everything these tests upload begin so, and what begins so is deleted again. */
export const TITLE = "Browser test";

export type Clips = {
  /** Where they lie. */
  folder: string;
  /** 12 s of 1280×720 with sound and subtitles: no 1080p is made of it. */
  landscape: string;
  /** Text that says it is a video. */
  text: string;
  remove: () => void;
};

export const CLIP_SECONDS = 12;
/** What the English subtitles of the clip say all the time. */
export const SUBTITLE = "Twelve seconds of colour";

export function makeClips(): Clips {
  const folder = mkdtempSync(join(tmpdir(), "fantail-browser-"));
  const landscape = join(folder, `${TITLE} landscape.mp4`);
  const text = join(folder, `${TITLE} text.mp4`);
  const subtitles = join(folder, "subtitles.srt");
  writeFileSync(subtitles, `1\n00:00:00,000 --> 00:00:${CLIP_SECONDS},000\n${SUBTITLE}\n`);
  const picture = `testsrc2=size=1280x720:rate=24:duration=${CLIP_SECONDS}`;
  const sound = `sine=frequency=440:beep_factor=4:duration=${CLIP_SECONDS}`;
  const tracks = ["-c:s", "mov_text", "-metadata:s:s:0", "language=eng"];
  const encode = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "48", "-c:a", "aac"];
  const input = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-i", subtitles];
  const all = [...input, ...encode, ...tracks, "-movflags", "+faststart", landscape];
  execFileSync("ffmpeg", ["-v", "error", "-y", ...all]);
  writeFileSync(text, "This is a shopping list: bread, milk, apples.\n".repeat(200));
  return { folder, landscape, text, remove: () => rmSync(folder, { recursive: true }) };
}
