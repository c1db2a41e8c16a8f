// Where the video plays, or why it does not (yet).
import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Video } from "../api/types";
import { percent } from "../format";
import { playlistOf, steps, summarise } from "../state/ladder";
import { strings } from "../strings";
import { reasonOf } from "../words";
import { AlertIcon } from "./icons";
import { Mark } from "./mark";

type StageProps = {
  video: Video;
  /** Seconds. */
  startAt?: number;
  onTime?: (seconds: number) => void;
  /** What can be done about a failure. */
  children?: ComponentChildren;
};

export function Stage({ video, startAt = 0, onTime, children }: StageProps) {
  const url = playlistOf(video);
  if (url !== null) return <LazyPlayer video={video} url={url} startAt={startAt} onTime={onTime ?? ignore} />;
  const words = strings.watch;
  switch (video.state) {
    case "rejected":
      return <Fault title={words.rejectedTitle} video={video} />;
    case "failed":
      return <Fault title={words.failedTitle} video={video} actions={children} />;
    case "expired":
      return <Fault title={words.expiredTitle} video={video} />;
    case "uploading":
      return <Preparing title={words.uploadingTitle} hint={words.uploadingHint} video={video} />;
    default:
      return <Preparing title={words.preparing} hint={words.preparingHint} video={video} />;
  }
}

function ignore(): void {}

type FaultProps = { title: string; video: Video; actions?: ComponentChildren };

function Fault({ title, video, actions }: FaultProps) {
  return (
    <div class="stage stage-fault">
      <AlertIcon />
      <h2>{title}</h2>
      <p>{reasonOf(video.reason)}</p>
      {actions}
    </div>
  );
}

function Preparing({ title, hint, video }: { title: string; hint: string; video: Video }) {
  const all = steps(video);
  const { progress } = summarise(all);
  return (
    <div class="stage stage-preparing">
      {video.poster_url != null && <img class="stage-poster" src={video.poster_url} alt="" />}
      <div class="stage-words">
        <Mark large fills={all.map((step) => step.progress)} />
        <h2>{title}</h2>
        <p>{hint}</p>
        {progress > 0 && <p class="stage-percent">{percent(progress)}</p>}
        {video.reason != null && <p>{reasonOf(video.reason)}</p>}
      </div>
    </div>
  );
}

type PlayerProps = { video: Video; url: string; startAt: number; onTime: (seconds: number) => void };
type Loaded =
  | { state: "loading" }
  | { state: "loaded"; Player: ComponentType<PlayerProps> }
  | { state: "failed" };

/** The player is most of the page's weight: fetched only where something plays. */
function LazyPlayer(props: PlayerProps) {
  const [loaded, setLoaded] = useState<Loaded>({ state: "loading" });
  useEffect(() => {
    let here = true;
    import("../player/player").then(
      (module) => here && setLoaded({ state: "loaded", Player: module.default }),
      () => here && setLoaded({ state: "failed" }),
    );
    return () => {
      here = false;
    };
  }, []);
  switch (loaded.state) {
    case "loaded":
      return <loaded.Player {...props} />;
    case "loading":
      return <div class="stage" role="status" aria-label={strings.watch.playerLoading} />;
    case "failed":
      return (
        <div class="stage stage-fault">
          <AlertIcon />
          <h2>{strings.watch.playerFailed}</h2>
          <button type="button" onClick={() => location.reload()}>
            {strings.errors.reload}
          </button>
        </div>
      );
  }
}
