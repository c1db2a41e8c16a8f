// Having what failed made again.
import { useState } from "preact/hooks";
import { messageOf } from "../api/client";
import type { Video } from "../api/types";
import { announce, library } from "../app-state";
import { strings } from "../strings";
import { stepName } from "./ladder";

type Props = {
  video: Video;
  /** Which renditions; all that failed if not told. */
  names?: readonly string[];
  label: string;
  small?: boolean;
};

type Trying = { state: "idle" } | { state: "asking" } | { state: "failed"; reason: string };

export function Retry({ video, names, label, small = false }: Props) {
  const [trying, setTrying] = useState<Trying>({ state: "idle" });
  const failed = names ?? failedRenditions(video);
  if (failed.length === 0) return null;
  const retry = async () => {
    setTrying({ state: "asking" });
    for (const name of failed) {
      const answer = await library.retry(video.id, name);
      if (!answer.ok) {
        setTrying({ state: "failed", reason: messageOf(answer.failure) });
        return;
      }
      announce(strings.ladder.retried(stepName(name)));
    }
    setTrying({ state: "idle" });
  };
  return (
    <>
      <button
        type="button"
        class={small ? "small" : undefined}
        aria-label={names === undefined ? undefined : strings.ladder.retryOf(names.map(stepName).join(", "))}
        aria-disabled={trying.state === "asking"}
        onClick={() => {
          if (trying.state !== "asking") void retry();
        }}
      >
        {trying.state === "asking" ? strings.watch.retrying : label}
      </button>
      {trying.state === "failed" && (
        <span class="fault-word" role="alert">
          {trying.reason}
        </span>
      )}
    </>
  );
}

/** Also those that play and lack only their file to take away. */
export function failedRenditions(video: Video): string[] {
  return video.renditions
    .filter((rendition) => rendition.state === "failed" || rendition.mp4_state === "failed")
    .map((rendition) => rendition.name);
}
