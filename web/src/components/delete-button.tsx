// Deleting a video, after asking.

import { useEffect, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { messageOf } from "../api/client";
import type { Video } from "../api/types";
import { announce, library } from "../app-state";
import { strings } from "../strings";
import { TrashIcon } from "./icons";

type Asking =
  | { state: "closed" }
  | { state: "open" }
  | { state: "deleting" }
  | { state: "failed"; reason: string };

export function DeleteButton({ video }: { video: Video }) {
  const [asking, setAsking] = useState<Asking>({ state: "closed" });
  const dialog = useRef<HTMLDialogElement>(null);
  const { route } = useLocation();
  const words = strings.confirmDelete;

  useEffect(() => {
    if (asking.state === "open") dialog.current?.showModal();
  }, [asking.state]);

  const confirm = async () => {
    setAsking({ state: "deleting" });
    const answer = await library.delete(video.id);
    if (!answer.ok) {
      setAsking({ state: "failed", reason: messageOf(answer.failure) });
      return;
    }
    announce(words.done(video.title));
    route("/", true);
  };

  return (
    <>
      <button type="button" onClick={() => setAsking({ state: "open" })}>
        <TrashIcon />
        {strings.watch.delete}
      </button>
      <dialog
        ref={dialog}
        aria-labelledby="delete-title"
        aria-describedby="delete-body"
        onClose={() => setAsking({ state: "closed" })}
      >
        <h2 id="delete-title">{words.title}</h2>
        <p id="delete-body">{words.body(video.title)}</p>
        {asking.state === "failed" && (
          <p class="fault" role="alert">
            {asking.reason}
          </p>
        )}
        <div class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            {words.keep}
          </button>
          <button
            type="button"
            class="danger"
            aria-disabled={asking.state === "deleting"}
            onClick={() => {
              if (asking.state !== "deleting") void confirm();
            }}
          >
            {asking.state === "deleting" ? words.working : words.confirm}
          </button>
        </div>
      </dialog>
    </>
  );
}
