// Loads a stream into the video element, reloads it where it is, and keeps it going over faults that pass.
import type { ErrorData, HlsConfig } from "hls.js";
import type HlsVideoElement from "hls-video-element";

export type HlsVideo = HlsVideoElement & HTMLVideoElement;

/** hls.js names its events by strings; importing them would be a second way to the library. */
const HLS_ERROR = "hlsError";
const NETWORK_FAULT = "networkError";
const MEDIA_FAULT = "mediaError";
const RETRY_MS = 3000;
const MOST_MEDIA_RECOVERIES = 3;

function config(position: number): Partial<HlsConfig> {
  return {
    // While it is being made, a playlist looks live: start where the viewer is, not at its end.
    startPosition: position,
    // And show the length that is there, not an endless one.
    liveDurationInfinity: false,
    capLevelToPlayerSize: true,
    // Most lines carry 720p: begin there rather than at the least, the next segments correct it. Bits per second.
    abrEwmaDefaultEstimate: 4_000_000,
  };
}

/** Loads `url`, to begin at `position` seconds. */
export function load(media: HlsVideo, url: string, position = 0): void {
  media.config = config(position);
  media.src = url;
  watchFaults(media);
}

/** Reads the master playlist again and goes on at the same place; playing if it was playing. */
export async function reload(media: HlsVideo): Promise<void> {
  const { currentTime, paused, playbackRate } = media;
  media.config = config(currentTime);
  media.load();
  watchFaults(media);
  await once(media, "loadedmetadata");
  // Loading resets the rate.
  media.playbackRate = playbackRate;
  if (!paused) await media.play();
}

/** The picture heights of the master playlist that was read; empty where the browser plays HLS by itself. */
export function loadedHeights(media: HlsVideo): number[] {
  return media.api?.levels.map((level) => level.height) ?? [];
}

function once(media: HlsVideo, event: string): Promise<void> {
  return new Promise((resolve) => media.addEventListener(event, () => resolve(), { once: true }));
}

/** The player exists one microtask after loading; each load makes a new one. */
function watchFaults(media: HlsVideo): void {
  queueMicrotask(() => {
    const api = media.api;
    if (!api) return;
    let mediaRecoveries = 0;
    // The event's name is a member of an enum that only the library itself has at run time.
    api.on(
      HLS_ERROR as Parameters<typeof api.on>[0],
      ((_: string, fault: ErrorData) => {
        if (!fault.fatal) return;
        if (fault.type === NETWORK_FAULT) {
          // The API restarts or the network is away: what is buffered plays on meanwhile.
          setTimeout(() => {
            if (media.api !== api) return;
            if (api.levels.length === 0) api.loadSource(media.src);
            api.startLoad();
          }, RETRY_MS);
        } else if (fault.type === MEDIA_FAULT && mediaRecoveries < MOST_MEDIA_RECOVERIES) {
          mediaRecoveries += 1;
          api.recoverMediaError();
        }
      }) as Parameters<typeof api.on>[1],
    );
  });
}
