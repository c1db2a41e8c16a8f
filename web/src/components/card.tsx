// A video in the library.
import { useEffect, useState } from "preact/hooks";
import type { Video } from "../api/types";
import { now } from "../app-state";
import { ago, clock, dateTime, spokenDuration, wholePercent } from "../format";
import { focusNext } from "../page";
import { mayMove } from "../preferences";
import { selection } from "../selection";
import { isSettled, steps, summarise } from "../state/ladder";
import { strings } from "../strings";
import { Badge } from "./badge";
import { PencilIcon } from "./icons";
import { Mark } from "./mark";
import { TitleEdit } from "./title-edit";

/** A pointer on its way elsewhere loads nothing. */
const PREVIEW_AFTER_MS = 250;

type Props = {
  video: Video;
  /** The first ones are looked at first. */
  eager?: boolean;
};

export function Card({ video, eager = false }: Props) {
  const [regarded, setRegarded] = useState(false);
  const isSelected = selection.has(video.id);
  return (
    <li
      class="card"
      data-video={video.id}
      data-selected={isSelected}
      onPointerEnter={(event) => setRegarded(event.pointerType === "mouse")}
      onPointerLeave={() => setRegarded(false)}
    >
      <div class="card-poster">
        <Poster url={video.poster_url ?? null} eager={eager} />
        {regarded && video.preview_url != null && <Preview url={video.preview_url} />}
        {video.duration_seconds != null && (
          <span class="card-length">
            <span aria-hidden="true">{clock(video.duration_seconds)}</span>
            <span class="unseen">{strings.library.length(spokenDuration(video.duration_seconds))}</span>
          </span>
        )}
        <CardProgress video={video} />
      </div>
      <CardTitle video={video} onRegard={setRegarded} />
      <p class="card-meta quiet">
        <Badge video={video} />
        {video.visibility !== "private" && <span>{strings.visibility[video.visibility]}</span>}
        <time dateTime={video.created_at} title={dateTime(video.created_at)}>
          {ago(video.created_at, now.value)}
        </time>
      </p>
      <label class="card-select">
        <input
          type="checkbox"
          checked={isSelected}
          aria-label={strings.library.select(video.title)}
          onClick={(event) => selection.toggle(video.id, event.shiftKey)}
        />
      </label>
    </li>
  );
}

function CardTitle({ video, onRegard }: { video: Video; onRegard: (regarded: boolean) => void }) {
  const [editing, setEditing] = useState(false);
  if (editing) {
    const end = () => {
      setEditing(false);
      focusNext(`.card[data-video="${video.id}"] .card-rename`);
    };
    return <TitleEdit id={video.id} title={video.title} onEnd={end} />;
  }
  return (
    <div class="card-title">
      <h2>
        <a
          href={`/watch/${video.id}`}
          onFocus={(event) => onRegard(event.currentTarget.matches(":focus-visible"))}
          onBlur={() => onRegard(false)}
        >
          {video.title}
        </a>
      </h2>
      <button
        type="button"
        class="plain icon-only card-rename"
        aria-label={strings.library.rename(video.title)}
        onClick={() => setEditing(true)}
      >
        <PencilIcon />
      </button>
    </div>
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

/** A few silent seconds over the poster, once a pointer or the focus rests on it. */
function Preview({ url }: { url: string }) {
  const [rests, setRests] = useState(false);
  useEffect(() => {
    if (!mayMove()) return;
    const timer = setTimeout(() => setRests(true), PREVIEW_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  // Not there before its first picture: until then the poster shows.
  return rests ? (
    <video class="card-preview" src={url} muted autoplay loop playsInline aria-hidden="true" tabIndex={-1} />
  ) : null;
}

/** The poster, or the mark where there is none (yet). */
export function Poster({ url, eager = false }: { url: string | null; eager?: boolean }) {
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
      loading={eager ? "eager" : "lazy"}
      decoding="async"
      onError={() => setBroken(url)}
    />
  );
}
