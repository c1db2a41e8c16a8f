// What a viewer would notice of the player, read from the media element itself.
import type { Page } from "playwright-core";
import { until } from "./stack";

export type Playback = {
  currentTime: number;
  paused: boolean;
  videoWidth: number;
  videoHeight: number;
  /** Bytes that came out of the audio decoder's input; Chromium only. */
  audioBytes: number;
  decodedFrames: number;
  duration: number;
  ended: boolean;
  /** Heights of the variants that the player knows. */
  heights: number[];
};

type Counting = HTMLVideoElement & { webkitAudioDecodedByteCount: number };
type Hls = HTMLElement & { nativeEl: Counting; api: { levels: { height: number }[] } | null };

export function playback(page: Page): Promise<Playback> {
  return page.evaluate(() => {
    const host = document.querySelector("hls-video") as Hls | null;
    const media = host?.nativeEl;
    return {
      currentTime: media?.currentTime ?? 0,
      paused: media?.paused ?? true,
      videoWidth: media?.videoWidth ?? 0,
      videoHeight: media?.videoHeight ?? 0,
      audioBytes: media?.webkitAudioDecodedByteCount ?? 0,
      decodedFrames: media?.getVideoPlaybackQuality().totalVideoFrames ?? 0,
      duration: media?.duration ?? 0,
      ended: media?.ended ?? false,
      heights: host?.api?.levels.map((level) => level.height) ?? [],
    };
  });
}

/** Plays a URL in a bare media element of a page of ours, to its end, with no player of ours around it. */
export async function playBare(page: Page, url: string): Promise<Playback & { started: number }> {
  // Whoever has clicked may hear sound.
  await page.locator("body").click({ position: { x: 1, y: 1 } });
  return page.evaluate(async (src) => {
    const media = document.createElement("video") as Counting;
    document.body.append(media);
    // Segments come by redirect from the bucket: Chromium's own HLS takes them with CORS only.
    if (src.endsWith(".m3u8")) media.crossOrigin = "anonymous";
    media.src = src;
    await media.play();
    const until = async (event: string, pleases: () => boolean) => {
      while (!pleases()) {
        await new Promise<void>((resolve, reject) => {
          media.addEventListener(event, () => resolve(), { once: true });
          media.addEventListener("error", () => reject(new Error(media.error?.message)), { once: true });
        });
      }
    };
    await until("timeupdate", () => media.currentTime > 1);
    media.currentTime = media.duration - 1;
    await until("ended", () => media.ended);
    return {
      started: media.played.start(0),
      currentTime: media.currentTime,
      paused: media.paused,
      videoWidth: media.videoWidth,
      videoHeight: media.videoHeight,
      audioBytes: media.webkitAudioDecodedByteCount,
      decodedFrames: media.getVideoPlaybackQuality().totalVideoFrames,
      duration: media.duration,
      ended: media.ended,
      heights: [],
    };
  }, url);
}

/** When what was played so far began, in seconds. */
export function startedAt(page: Page): Promise<number> {
  return page.evaluate(
    () => (document.querySelector("hls-video") as Hls | null)?.nativeEl.played.start(0) ?? -1,
  );
}

/** The lines that are to be read on the picture now. */
export function subtitles(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const host = document.querySelector("hls-video") as Hls | null;
    const showing = [...(host?.nativeEl.textTracks ?? [])].filter((track) => track.mode === "showing");
    return showing.flatMap((track) => [...(track.activeCues ?? [])].map((cue) => (cue as VTTCue).text));
  });
}

/** Presses play and waits until picture and sound run for a while. */
export async function play(page: Page): Promise<Playback> {
  await page.locator("media-play-button").first().click();
  return advanced(page, 1);
}

/** Waits until playback is `seconds` further. */
export async function advanced(page: Page, seconds: number): Promise<Playback> {
  const start = (await playback(page)).currentTime;
  return until(
    () => playback(page),
    (now) => !now.paused && now.currentTime >= start + seconds,
    `playback to advance from ${start}`,
    60_000,
  );
}

/** Goes to a moment, in seconds. */
export function seek(page: Page, seconds: number): Promise<void> {
  return page.evaluate((to) => {
    const host = document.querySelector("hls-video") as Hls | null;
    if (host) host.nativeEl.currentTime = to;
  }, seconds);
}
