// One video: the player, what is being made of it, and what to do with it.

import { useEffect, useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { type Failure, messageOf } from "../api/client";
import type { Video } from "../api/types";
import { announce, library, link } from "../app-state";
import { Badge } from "../components/badge";
import { DeleteButton } from "../components/delete-button";
import { AlertIcon, BackIcon, CheckIcon, LinkIcon } from "../components/icons";
import { Mark } from "../components/mark";
import { Renditions } from "../components/renditions";
import { SourceFacts } from "../components/source-facts";
import { Stage } from "../components/stage";
import { clock, dateTime, spokenDuration } from "../format";
import { usePage } from "../page";
import { hasLadder, isSettled } from "../state/ladder";
import { strings } from "../strings";
import "../styles/watch.css";

const POLL_MS = 4000;
/** With the stream up, a read now and then is only a safety net. */
const LIVE_POLLS_SKIPPED = 4;

export default function WatchPage(_: { path?: string }) {
  const { params } = useRoute();
  const id = params.id ?? "";
  return <Watch key={id} id={id} />;
}

function Watch({ id }: { id: string }) {
  const [failure, setFailure] = useState<Failure | null>(null);
  const video = library.video(id);
  const settled = video !== undefined && isSettled(video.state);

  useEffect(() => {
    let here = true;
    let skipped = 0;
    const read = async () => {
      const answer = await library.read(id);
      if (here) setFailure(answer.ok ? null : answer.failure);
    };
    void read();
    const timer = setInterval(() => {
      skipped += 1;
      const stream = link.value.state === "live" && library.video(id) !== undefined;
      if (settled || (stream && skipped % (LIVE_POLLS_SKIPPED + 1) !== 0)) return;
      if (!library.isDeleted(id)) void read();
    }, POLL_MS);
    return () => {
      here = false;
      clearInterval(timer);
    };
  }, [id, settled]);

  if (video !== undefined) return <Loaded video={video} />;
  if (library.isDeleted(id)) return <Absent title={strings.watch.deleted} hint={null} />;
  if (failure === null) return <div class="stage" role="status" aria-label={strings.loading} />;
  if (failure.kind === "problem" && failure.status < 500) {
    return <Absent title={strings.watch.gone} hint={strings.watch.goneHint} />;
  }
  return <Absent title={strings.watch.loadFailed} hint={messageOf(failure)} />;
}

function Absent({ title, hint }: { title: string; hint: string | null }) {
  const heading = usePage(title);
  return (
    <section class="notice">
      <Mark large />
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {hint !== null && <p>{hint}</p>}
      <a class="button" href="/">
        {strings.watch.back}
      </a>
    </section>
  );
}

function Loaded({ video }: { video: Video }) {
  const heading = usePage(video.title);
  return (
    <article class="watch" data-state={video.state}>
      <Stage video={video} />
      <div class="watch-head">
        <div class="watch-words">
          <h1 ref={heading} tabIndex={-1}>
            {video.title}
          </h1>
          <Facts video={video} />
        </div>
        <div class="actions">
          {hasLadder(video.state) && <CopyLink />}
          <DeleteButton video={video} />
        </div>
      </div>
      {video.state === "partial" && video.reason != null && (
        <p class="fault">
          <AlertIcon />
          <span>{video.reason.message}</span>
        </p>
      )}
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
      <p>
        <a class="back" href="/">
          <BackIcon />
          {strings.watch.back}
        </a>
      </p>
    </article>
  );
}

function Facts({ video }: { video: Video }) {
  return (
    <p class="watch-facts quiet">
      <Badge video={video} />
      {video.duration_seconds != null && (
        <span>
          <span aria-hidden="true">{clock(video.duration_seconds)}</span>
          <span class="unseen">{strings.library.length(spokenDuration(video.duration_seconds))}</span>
        </span>
      )}
      <time dateTime={video.created_at}>{dateTime(video.created_at)}</time>
      {video.visibility === "private" && <span>{strings.watch.private}</span>}
    </p>
  );
}

type Copy = "idle" | "copied" | "failed";

function CopyLink() {
  const [copy, setCopy] = useState<Copy>("idle");
  useEffect(() => {
    if (copy !== "copied") return;
    const timer = setTimeout(() => setCopy("idle"), 3000);
    return () => clearTimeout(timer);
  }, [copy]);
  const settle = (next: Copy, said: string) => {
    setCopy(next);
    announce(said);
  };
  const write = () =>
    // Absent outside of secure contexts, and a browser may refuse.
    navigator.clipboard === undefined ? Promise.reject() : navigator.clipboard.writeText(location.href);
  const onClick = () =>
    void write().then(
      () => settle("copied", strings.watch.copied),
      () => settle("failed", strings.watch.copyFailed),
    );
  return (
    <>
      <button type="button" onClick={onClick}>
        {copy === "copied" ? <CheckIcon /> : <LinkIcon />}
        {copy === "copied" ? strings.watch.copied : strings.watch.copyLink}
      </button>
      {copy === "failed" && <p class="quiet copy-failed">{strings.watch.copyFailed}</p>}
    </>
  );
}
