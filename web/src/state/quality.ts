// Is there something better to play than what the player has loaded?
import type { Rendition } from "../api/types";
import { rungHeight } from "./ladder";

/**
 * The best finished rung that was not in the master playlist the player read, or null. hls.js reads a master playlist
 * once, so rungs that were finished later need a reload. `loaded` are the heights the player knows.
 */
export function betterRung(renditions: readonly Rendition[], loaded: readonly number[]): Rendition | null {
  if (loaded.length === 0) return null;
  const best = renditions
    .filter((rendition) => rendition.state === "complete" && pictureHeight(rendition) > 0)
    .reduce<Rendition | null>(
      (top, rendition) => (top === null || pictureHeight(rendition) > pictureHeight(top) ? rendition : top),
      null,
    );
  return best !== null && pictureHeight(best) > Math.max(...loaded) ? best : null;
}

/** The picture's real height: a 480p rung of a portrait video is 854 high. */
function pictureHeight(rendition: Rendition): number {
  if (rendition.name === "audio") return 0;
  return rendition.height ?? rungHeight(rendition.name);
}
