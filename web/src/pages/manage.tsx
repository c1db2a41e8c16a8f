// What an owner changes of a video: title, visibility, poster, what failed; and its end.

import { useEffect, useState } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso";
import { messageOf } from "../api/client";
import type { Video, VideoEdit, Visibility } from "../api/types";
import { announce, library } from "../app-state";
import { Absent } from "../components/absent";
import { Badge } from "../components/badge";
import { Poster } from "../components/card";
import { DeleteDialog } from "../components/delete-dialog";
import { PlayIcon, TrashIcon } from "../components/icons";
import { Renditions } from "../components/renditions";
import { SourceFacts } from "../components/source-facts";
import { MAX_TITLE_CHARS } from "../components/title-edit";
import { VisibilityField } from "../components/visibility-field";
import { clock } from "../format";
import { usePage } from "../page";
import { strings } from "../strings";
import { useVideo } from "../use-video";
import "../styles/watch.css";

export default function ManagePage(_: { path?: string }) {
  const { params } = useRoute();
  const id = params.id ?? "";
  return <Manage key={id} id={id} />;
}

function Manage({ id }: { id: string }) {
  const looking = useVideo(id);
  return looking.state === "here" ? <Loaded video={looking.video} /> : <Absent looking={looking} />;
}

function Loaded({ video }: { video: Video }) {
  const words = strings.manage;
  const heading = usePage(words.title(video.title));
  return (
    <article class="manage" data-state={video.state}>
      <div class="manage-head">
        <a class="manage-poster" href={`/watch/${video.id}`} aria-label={words.view}>
          <Poster url={video.poster_url ?? null} eager />
        </a>
        <div class="watch-words">
          <h1 ref={heading} tabIndex={-1}>
            {video.title}
          </h1>
          <p class="watch-facts quiet">
            <Badge video={video} />
          </p>
          <div class="actions">
            <a class="button" href={`/watch/${video.id}`}>
              <PlayIcon />
              {words.view}
            </a>
          </div>
        </div>
      </div>
      <div class="watch-columns">
        <div class="stack">
          <section class="box" aria-labelledby="about">
            <h2 id="about">{words.about}</h2>
            <Form video={video} />
          </section>
          <section class="box" aria-labelledby="renditions">
            <h2 id="renditions">{strings.ladder.heading}</h2>
            <Renditions video={video} retries />
          </section>
        </div>
        <div class="stack">
          <Posters video={video} />
          <section class="box" aria-labelledby="captions">
            <h2 id="captions">{words.captions}</h2>
            <Captions video={video} />
          </section>
          <section class="box" aria-labelledby="source">
            <h2 id="source">{strings.facts.heading}</h2>
            <SourceFacts video={video} />
          </section>
          <Danger video={video} />
        </div>
      </div>
    </article>
  );
}

type Saving =
  | { state: "idle" }
  | { state: "saving" }
  | { state: "saved" }
  | { state: "failed"; reason: string };

function Form({ video }: { video: Video }) {
  const [title, setTitle] = useState(video.title);
  const [visibility, setVisibility] = useState<Visibility>(video.visibility);
  const [saving, setSaving] = useState<Saving>({ state: "idle" });
  const words = strings.manage;
  const changed = title.trim() !== video.title || visibility !== video.visibility;

  // Changed elsewhere meanwhile: shown, unless it is being changed here.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the video's own change counts.
  useEffect(() => {
    if (saving.state === "saving") return;
    setTitle(video.title);
    setVisibility(video.visibility);
  }, [video.title, video.visibility]);

  const save = async () => {
    if (title.trim() === "") return setSaving({ state: "failed", reason: words.emptyTitle });
    const edit: VideoEdit = { title: title.trim(), visibility };
    setSaving({ state: "saving" });
    const answer = await library.edit(video.id, edit);
    setSaving(answer.ok ? { state: "saved" } : { state: "failed", reason: messageOf(answer.failure) });
    announce(answer.ok ? words.saved : words.notSaved(messageOf(answer.failure)));
  };

  return (
    <form
      class="fields"
      onInput={() => setSaving({ state: "idle" })}
      onSubmit={(event) => {
        event.preventDefault();
        if (saving.state !== "saving") void save();
      }}
    >
      <label class="field">
        <span>{words.name}</span>
        <input
          type="text"
          name="title"
          value={title}
          maxLength={MAX_TITLE_CHARS}
          onInput={(event) => setTitle(event.currentTarget.value)}
        />
      </label>
      <VisibilityField value={visibility} onChange={setVisibility} />
      <div class="actions form-end">
        <button type="submit" class="primary" aria-disabled={!changed || saving.state === "saving"}>
          {saving.state === "saving" ? words.saving : words.save}
        </button>
        {saving.state === "saved" && !changed && <span class="quiet">{words.saved}</span>}
        {saving.state === "failed" && <span class="fault-word">{words.notSaved(saving.reason)}</span>}
      </div>
    </form>
  );
}

function Posters({ video }: { video: Video }) {
  const words = strings.manage;
  const { posters } = video.thumbnails;
  if (posters.length === 0) return null;
  return (
    <section class="box" aria-labelledby="posters">
      <h2 id="posters">{words.posters}</h2>
      <p class="quiet">{words.postersHint}</p>
      <ul class="posters">
        {posters.map((poster) => {
          const isChosen = poster.url === video.poster_url;
          return (
            <li key={poster.url} data-chosen={isChosen}>
              <img src={poster.url} alt={words.posterAt(clock(poster.at_seconds))} loading="lazy" />
              {isChosen && <span class="poster-chosen">{words.posterChosen}</span>}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Captions({ video }: { video: Video }) {
  if (video.captions.length === 0) return <p class="quiet">{strings.manage.noCaptions}</p>;
  return (
    <dl class="facts">
      {video.captions.map((track) => (
        <div key={track.name}>
          <dt>{track.title}</dt>
          <dd>{strings.ladder.state[track.state]}</dd>
        </div>
      ))}
    </dl>
  );
}

function Danger({ video }: { video: Video }) {
  const [asking, setAsking] = useState(false);
  const { route } = useLocation();
  return (
    <section class="box" aria-labelledby="danger">
      <h2 id="danger">{strings.manage.danger}</h2>
      <p class="quiet">{strings.manage.dangerHint}</p>
      <button type="button" onClick={() => setAsking(true)}>
        <TrashIcon />
        {strings.watch.delete}
      </button>
      {asking && (
        <DeleteDialog
          videos={[video]}
          typed
          onClose={() => setAsking(false)}
          onDeleted={() => route("/", true)}
        />
      )}
    </section>
  );
}
