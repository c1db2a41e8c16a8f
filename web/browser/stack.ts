// The stack under test, spoken to without a browser.
import type { Video, VideoPage } from "../src/api/types";

export const BASE = (process.env.FANTAIL_URL ?? "http://127.0.0.1:8080").replace(/\/$/, "");

/** Titles of everything these tests upload begin so, and what begins so is deleted again. */
export const TITLE = "Browser test";

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

/** Asks until the answer pleases. */
export async function until<T>(
  ask: () => Promise<T>,
  pleases: (value: T) => boolean,
  what: string,
  withinMs = 150_000,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const value = await ask();
    if (pleases(value)) return value;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}; last: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
