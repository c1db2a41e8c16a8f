// The stack under test, spoken to without a browser.
import { readFileSync } from "node:fs";
import type { Video, VideoPage } from "../src/api/types";
import { isSettled } from "../src/state/ladder";
import { makeClips, TITLE } from "./clips";

export const BASE = (process.env.FANTAIL_URL ?? "http://127.0.0.1:8080").replace(/\/$/, "");

/** The id of no video. */
export const NOBODY = "01900000-0000-7000-8000-000000000000";

export async function readVideo(id: string): Promise<Video> {
  const response = await fetch(`${BASE}/api/videos/${id}`);
  if (!response.ok) throw new Error(`GET video ${id}: ${response.status}`);
  return (await response.json()) as Video;
}

export async function videoStatus(id: string): Promise<number> {
  return (await fetch(`${BASE}/api/videos/${id}`)).status;
}

/** Every video of these tests that the stack knows. */
export async function ourVideos(): Promise<Video[]> {
  const found: Video[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    const response = await fetch(`${BASE}/api/videos${query}`);
    if (!response.ok) throw new Error(`GET videos: ${response.status}`);
    const page = (await response.json()) as VideoPage;
    found.push(...page.videos.filter((video) => video.title.startsWith(TITLE)));
    cursor = page.next_cursor ?? null;
  } while (cursor !== null);
  return found;
}

export async function upload(title: string, filename: string, body: Uint8Array<ArrayBuffer>): Promise<Video> {
  const query = new URLSearchParams({ title, filename });
  const response = await fetch(`${BASE}/api/videos?${query}`, { method: "POST", body });
  if (response.status !== 201) throw new Error(`POST video: ${response.status} ${await response.text()}`);
  return (await response.json()) as Video;
}

/** Kills the API as a crash would; whoever supervises it starts it again. */
export async function killApi(): Promise<void> {
  const file = process.env.FANTAIL_STATUS;
  if (file === undefined) throw new Error("FANTAIL_STATUS: which process the API is, is not known");
  const { parts } = JSON.parse(readFileSync(file, "utf8")) as { parts: { name: string; pid: number }[] };
  const api = parts.find((part) => part.name === "upload-api");
  if (api === undefined) throw new Error(`no upload-api in ${file}`);
  process.kill(api.pid, "SIGKILL");
}

/** Asks until the answer pleases. */
export async function until<T>(
  ask: () => Promise<T>,
  pleases: (value: T) => boolean,
  what: string,
  withinMs = 150_000,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const value = await ask().catch((error: unknown) => ({ error }));
    if (!isError(value) && pleases(value)) return value;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}; last: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Nobody answers while the API is being started again. */
function isError(value: unknown): value is { error: unknown } {
  return typeof value === "object" && value !== null && "error" in value && value.error instanceof Error;
}

/** One that an earlier test left, or a new one. */
export async function readyVideo(): Promise<string> {
  const found = (await ourVideos()).find((video) => video.state === "ready");
  if (found) return found.id;
  const clips = makeClips();
  const { id } = await upload(`${TITLE} looks`, "looks.mp4", new Uint8Array(readFileSync(clips.landscape)));
  clips.remove();
  const video = await until(
    () => readVideo(id),
    (now) => isSettled(now.state),
    "the video to come to an end",
  );
  if (video.state !== "ready") throw new Error(`not ready: ${JSON.stringify(video)}`);
  return id;
}
