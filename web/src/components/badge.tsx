// A video's state as a dot and a word, with the percentage while something is being made.
import type { Video, VideoState } from "../api/types";
import { percent } from "../format";
import { hasLadder, isSettled, steps, summarise } from "../state/ladder";
import { strings } from "../strings";

const TONES: Record<VideoState, "going" | "done" | "failed" | "warned" | "idle"> = {
  uploading: "going",
  uploaded: "idle",
  processing: "going",
  playable: "going",
  ready: "done",
  partial: "warned",
  failed: "failed",
  rejected: "failed",
  expired: "idle",
};

export function Badge({ video }: { video: Video }) {
  return (
    <span class={`badge badge-${TONES[video.state]}`} data-state={video.state}>
      {words(video)}
    </span>
  );
}

function words(video: Video): string {
  const state = strings.videoState[video.state];
  if (isSettled(video.state) || !hasLadder(video.state)) return state;
  const { progress } = summarise(steps(video));
  // All bars may be full while the files to take away are still being made.
  return progress > 0 ? strings.stateWithProgress(state, percent(Math.min(progress, 0.99))) : state;
}
