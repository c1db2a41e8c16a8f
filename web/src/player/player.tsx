// The player: adaptive stream, controls, and a chip when something better has been made meanwhile.
import "./elements";
import "./player.css";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Video } from "../api/types";
import { announce } from "../app-state";
import { SparkIcon } from "../components/icons";
import { betterRung } from "../state/quality";
import { strings } from "../strings";
import { listenToKeys } from "./keyboard";
import { RATES } from "./keys";
import { type HlsVideo, load, loadedHeights, reload } from "./stream";

type Props = {
  video: Video;
  url: string;
  /** Seconds. */
  startAt?: number;
  /** Told now and then where the viewer is, in seconds. */
  onTime?: (seconds: number) => void;
};

export default function Player({ video, url, startAt = 0, onTime }: Props) {
  const media = useRef<HlsVideo>(null);
  const [heights, setHeights] = useState<number[]>([]);
  const [started, setStarted] = useState(false);
  const [switching, setSwitching] = useState(false);

  useEffect(() => {
    const element = media.current;
    if (element === null) return;
    const onMetadata = () => setHeights(loadedHeights(element));
    const onPlay = () => setStarted(true);
    const tellTime = () => onTime?.(element.currentTime);
    element.addEventListener("loadedmetadata", onMetadata);
    element.addEventListener("play", onPlay);
    element.addEventListener("timeupdate", tellTime);
    load(element, url, startAt);
    const unlisten = listenToKeys(element);
    return () => {
      unlisten();
      element.removeEventListener("timeupdate", tellTime);
      element.removeEventListener("loadedmetadata", onMetadata);
      element.removeEventListener("play", onPlay);
      element.removeAttribute("src");
    };
  }, [url, startAt, onTime]);

  const better = betterRung(video.renditions, heights);
  const betterName = better?.name ?? null;

  const change = async () => {
    const element = media.current;
    if (element === null || switching) return;
    setSwitching(true);
    try {
      await reload(element);
      if (started && betterName !== null) announce(strings.watch.switched(betterName));
    } finally {
      setSwitching(false);
    }
  };

  // Before the first play nobody is disturbed: take the better one at once.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `change` is new on each draw; the rung is what matters.
  useEffect(() => {
    if (betterName !== null && !started) void change();
  }, [betterName, started]);

  return (
    <div class="player">
      <media-controller defaultstreamtype="on-demand" nosubtitleslangpref nohotkeys aria-label={video.title}>
        <hls-video ref={media} slot="media" playsinline preload="metadata">
          {video.storyboard_url != null && (
            // By this label media-chrome knows what to show over the time bar.
            <track kind="metadata" label="thumbnails" default src={video.storyboard_url} />
          )}
        </hls-video>
        {video.poster_url != null && <media-poster-image slot="poster" src={video.poster_url} />}
        {!started && <media-play-button slot="centered-chrome" class="player-start" notooltip />}
        <media-loading-indicator slot="centered-chrome" noautohide />
        <media-error-dialog slot="dialog" />
        <div class="player-bars">
          <media-control-bar class="player-time">
            <media-time-range />
          </media-control-bar>
          <media-control-bar class="player-buttons">
            <media-play-button />
            <media-seek-backward-button class="wide-only" seekoffset="10" />
            <media-seek-forward-button class="wide-only" seekoffset="10" />
            <media-mute-button />
            <media-volume-range class="wide-only" />
            <media-time-display showduration />
            <span class="player-gap" />
            <media-playback-rate-menu-button class="medium-only" />
            <media-captions-menu-button />
            <media-rendition-menu-button />
            <media-pip-button class="medium-only" />
            <media-fullscreen-button />
          </media-control-bar>
        </div>
        <media-rendition-menu hidden anchor="auto">
          <NoMenuHeader />
        </media-rendition-menu>
        <media-captions-menu hidden anchor="auto">
          <NoMenuHeader />
        </media-captions-menu>
        <media-playback-rate-menu hidden anchor="auto" rates={RATES.join(" ")}>
          <NoMenuHeader />
        </media-playback-rate-menu>
      </media-controller>
      {betterName !== null && started && (
        <button type="button" class="player-better" aria-disabled={switching} onClick={() => void change()}>
          <SparkIcon />
          <span>{strings.watch.betterReady(betterName)}</span>
          <span class="player-better-action">{strings.watch.betterAction}</span>
        </button>
      )}
    </div>
  );
}

/** A menu's own header holds a button, which no menu may own; only submenus would show it. */
function NoMenuHeader() {
  return <span slot="header" hidden />;
}
