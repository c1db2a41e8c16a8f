// Deleting one video or many, after asking; one is confirmed by typing where its page is for managing.
import { useState } from "preact/hooks";
import { messageOf } from "../api/client";
import type { Video } from "../api/types";
import { announce, library } from "../app-state";
import { inParallel } from "../state/parallel";
import { strings } from "../strings";
import { Dialog } from "./dialog";
import { AlertIcon } from "./icons";

type Props = {
  videos: readonly Video[];
  /** A word has to be typed first. */
  typed?: boolean;
  onClose: () => void;
  onDeleted: () => void;
};

type Asking = { state: "open" } | { state: "deleting" } | { state: "failed"; reason: string };

/** At once; the rest waits. */
const PARALLEL = 4;

export function DeleteDialog({ videos, typed = false, onClose, onDeleted }: Props) {
  const [asking, setAsking] = useState<Asking>({ state: "open" });
  const [word, setWord] = useState("");
  const words = strings.confirmDelete;
  const [only] = videos;
  const single = videos.length === 1 && only !== undefined ? only : null;
  const confirmed = !typed || word.trim().toLowerCase() === words.word.toLowerCase();
  const blocked = asking.state === "deleting" || !confirmed;

  const confirm = async () => {
    setAsking({ state: "deleting" });
    const answers = await inParallel(videos, PARALLEL, (video) => library.delete(video.id));
    const failures = answers.flatMap((answer) => (answer.ok ? [] : [answer.failure]));
    const [failure] = failures;
    if (failure !== undefined) {
      const why = messageOf(failure);
      setAsking({ state: "failed", reason: single ? why : words.someFailed(failures.length, why) });
      return;
    }
    announce(single ? words.done(single.title) : words.doneMany(videos.length));
    onDeleted();
  };

  return (
    <Dialog title={single ? words.title : words.titleMany(videos.length)} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!blocked) void confirm();
        }}
      >
        <p>{single ? words.body(single.title) : words.bodyMany}</p>
        {typed && (
          <label class="field">
            <span>{words.type(words.word)}</span>
            <input
              type="text"
              value={word}
              autocomplete="off"
              spellcheck={false}
              onInput={(event) => setWord(event.currentTarget.value)}
            />
          </label>
        )}
        {asking.state === "failed" && (
          <p class="fault" role="alert">
            <AlertIcon />
            <span>{asking.reason}</span>
          </p>
        )}
        <div class="actions">
          <button type="button" onClick={onClose}>
            {single ? words.keep : words.keepMany}
          </button>
          <button type="submit" class="danger" aria-disabled={blocked}>
            {asking.state === "deleting"
              ? words.working
              : single
                ? words.confirm
                : words.confirmMany(videos.length)}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
