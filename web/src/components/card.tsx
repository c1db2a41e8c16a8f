// A video in the library.
import { useEffect, useState } from "preact/hooks";
import type { Video } from "../api/types";
import { now } from "../app-state";
import { ago, clock, dateTime, spokenDuration, wholePercent } from "../format";
import { isSettled, steps, summarise } from "../state/ladder";
import { strings } from "../strings";
import { Badge } from "./badge";
import { Mark } from "./mark";

/** A pointer on its way elsewhere loads nothing. */
const PREVIEW_AFTER_MS = 250;

export function Card({ video }: { video: Video }) {
  const [pointed, setPointed] = useState(false);
  return (
    <li
      class="card"
      data-video={video.id}
      onPointerEnter={(event) => setPointed(event.pointerType === "mouse")}
      onPointerLeave={() => setPointed(false)}
    >
      <div class="card-poster">
        <Poster url={video.poster_url ?? null} />
        {pointed && video.preview_url != null && <Preview url={video.preview_url} />}
        {video.duration_seconds != null && (
          <span class="card-length">
            <span aria-hidden="true">{clock(video.duration_seconds)}</span>
            <span class="unseen">{strings.library.length(spokenDuration(video.duration_seconds))}</span>
          </span>
        )}
        <CardProgress video={video} />
      </div>
      <h2>
        <a href={`/watch/${video.id}`}>{video.title}</a>
      </h2>
      <p class="card-meta quiet">
        <Badge video={video} />
        <time dateTime={video.created_at} title={dateTime(video.created_at)}>
          {ago(video.created_at, now.value)}
        </time>
      </p>
    </li>
  );
}

function CardProgress({ video }: { video: Video }) {
  if (isSettled(video.state) || video.state === "uploading") return null;
  const { progress } = summarise(steps(video));
  // The badge says it in words; a bar in each card would be read as noise.
  return (
    <div class="card-progress" aria-hidden="true">
      <span style={{ inlineSize: `${wholePercent(progress)}%` }} />
    </div>
  );
}

/** A few silent seconds over the poster, once a pointer rests on it; never for whom motion disturbs. */
function Preview({ url }: { url: string }) {
  const [rests, setRests] = useState(false);
  useEffect(() => {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const timer = setTimeout(() => setRests(true), PREVIEW_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  // Not there before its first picture: until then the poster shows.
  return rests ? (
    <video class="card-preview" src={url} muted autoplay loop playsInline aria-hidden="true" tabIndex={-1} />
  ) : null;
}

/** The poster, or the mark where there is none (yet). */
export function Poster({ url }: { url: string | null }) {
  const [broken, setBroken] = useState<string | null>(null);
  if (url === null || url === broken) {
    return (
      <div class="poster-none">
        <Mark />
      </div>
    );
  }
  return (
    <img
      src={url}
      alt=""
      width={640}
      height={360}
      loading="lazy"
      decoding="async"
      onError={() => setBroken(url)}
    />
  );
}
