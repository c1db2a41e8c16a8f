// One video: the player, what is being made of it, and what to do with it.

import { useRef } from "preact/hooks";
import { useRoute } from "preact-iso";
import type { Video } from "../api/types";
import { Absent } from "../components/absent";
import { Badge } from "../components/badge";
import { CopyLink } from "../components/copy-link";
import { Downloads } from "../components/downloads";
import { AlertIcon, PencilIcon } from "../components/icons";
import { Renditions } from "../components/renditions";
import { Retry } from "../components/retry";
import { SourceFacts } from "../components/source-facts";
import { Stage } from "../components/stage";
import { clock, dateTime, spokenDuration } from "../format";
import { usePage } from "../page";
import { hasLadder, isSettled } from "../state/ladder";
import { linkAt, startAt } from "../state/start-at";
import { strings } from "../strings";
import { useVideo } from "../use-video";
import { reasonOf } from "../words";
import "../styles/watch.css";

export default function WatchPage(_: { path?: string }) {
  const { params } = useRoute();
  const id = params.id ?? "";
  return <Watch key={id} id={id} />;
}

function Watch({ id }: { id: string }) {
  const looking = useVideo(id);
  return looking.state === "here" ? <Loaded video={looking.video} /> : <Absent looking={looking} />;
}

function Loaded({ video }: { video: Video }) {
  const heading = usePage(video.title);
  const start = useRef(startAt(location.search)).current;
  const watchLink = () => new URL(`/watch/${video.id}`, location.origin).href;
  const retry = <Retry video={video} label={strings.watch.retryAll} />;
  return (
    <article class="watch" data-state={video.state}>
      <Stage video={video} startAt={start}>
        {retry}
      </Stage>
      <div class="watch-head">
        <div class="watch-words">
          <h1 ref={heading} tabIndex={-1}>
            {video.title}
          </h1>
          <Facts video={video} />
        </div>
        <div class="actions">
          {hasLadder(video.state) && <CopyLink link={() => linkAt(watchLink(), 0)} />}
          <Downloads video={video} />
          <a class="button" href={`/manage/${video.id}`}>
            <PencilIcon />
            {strings.watch.manage}
          </a>
        </div>
      </div>
      {video.state === "partial" && video.reason != null && (
        <div class="fault">
          <AlertIcon />
          <span>{reasonOf(video.reason)}</span>
          {retry}
        </div>
      )}
      {/* While it is being made that is the news; afterwards it is for the curious. */}
      <details class="technical" open={!isSettled(video.state)}>
        <summary>{strings.watch.details}</summary>
        <div class="watch-columns">
          {hasLadder(video.state) && (
            <section aria-labelledby="renditions">
              <h2 id="renditions">{strings.ladder.heading}</h2>
              <Renditions video={video} />
            </section>
          )}
          <section aria-labelledby="source">
            <h2 id="source">{strings.facts.heading}</h2>
            <SourceFacts video={video} />
          </section>
        </div>
      </details>
    </article>
  );
}

function Facts({ video }: { video: Video }) {
  return (
    <p class="watch-facts quiet">
      {video.state !== "ready" && <Badge video={video} />}
      {video.duration_seconds != null && (
        <span>
          <span aria-hidden="true">{clock(video.duration_seconds)}</span>
          <span class="unseen">{strings.library.length(spokenDuration(video.duration_seconds))}</span>
        </span>
      )}
      <time dateTime={video.created_at}>{dateTime(video.created_at)}</time>
      <span>{strings.visibility[video.visibility]}</span>
    </p>
  );
}
