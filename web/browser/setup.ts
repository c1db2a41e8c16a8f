// Before all: is the stack there? After all: take away what was uploaded.
import { BASE, ourVideos } from "./stack";

export default async function setup(): Promise<() => Promise<void>> {
  const answer = await fetch(`${BASE}/api/videos?limit=1`).catch(() => null);
  if (!answer?.ok) {
    throw new Error(`no Fantail at ${BASE}: start the stack, or set FANTAIL_URL`);
  }
  return async () => {
    for (const video of await ourVideos())
      await fetch(`${BASE}/api/videos/${video.id}`, { method: "DELETE" });
  };
}
