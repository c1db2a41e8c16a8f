// One video for its pages: read at once, kept fresh, and gone when it is gone.
import { useEffect, useState } from "preact/hooks";
import type { Failure } from "./api/client";
import type { Video } from "./api/types";
import { library, link } from "./app-state";
import { isSettled } from "./state/ladder";

const POLL_MS = 4000;
/** With the stream up, a read now and then is only a safety net. */
const LIVE_POLLS_SKIPPED = 4;

export type Looking =
  | { state: "here"; video: Video }
  | { state: "reading" }
  | { state: "deleted" }
  | { state: "gone" }
  /** It exists, and is not for whom asks. */
  | { state: "private" }
  | { state: "failed"; failure: Failure };

export function useVideo(id: string): Looking {
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

  if (video !== undefined) return { state: "here", video };
  if (library.isDeleted(id)) return { state: "deleted" };
  if (failure === null) return { state: "reading" };
  if (failure.kind === "problem" && (failure.status === 401 || failure.status === 403))
    return { state: "private" };
  if (failure.kind === "problem" && failure.status < 500) return { state: "gone" };
  return { state: "failed", failure };
}
