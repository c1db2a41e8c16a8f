// A video's processing as steps a person can follow: audio, each rung, the poster.
import type { Reason, Rendition, RenditionState, Video, VideoState } from "../api/types";

export type StepState = RenditionState;

export type Step = {
  /** `audio`, `480p`, …, `poster`. */
  name: string;
  state: StepState;
  /** 0 to 1; 1 exactly when complete. */
  progress: number;
  reason: Reason | null;
};

/** Audio first, then rungs from small to large, then the poster; none until the plan says what will be made. */
export function steps(video: Video): Step[] {
  if (video.renditions.length === 0 && video.thumbnails.state === "pending") return [];
  return [...byRung(video.renditions).map(renditionStep), posterStep(video)];
}

/** Audio, then rungs from small to large. */
export function byRung(renditions: readonly Rendition[]): Rendition[] {
  return [...renditions].sort((a, b) => rank(a.name) - rank(b.name));
}

function rank(name: string): number {
  return name === "audio" ? -1 : rungHeight(name);
}

/** 720 of `720p`; 0 for what is no rung. */
export function rungHeight(name: string): number {
  return Number.parseInt(name, 10) || 0;
}

function renditionStep(rendition: Rendition): Step {
  return {
    name: rendition.name,
    state: rendition.state,
    progress: progressOf(rendition.state, rendition.progress),
    reason: rendition.reason ?? null,
  };
}

function posterStep(video: Video): Step {
  const { state, reason } = video.thumbnails;
  // The thumbnailer reports only its end.
  return { name: "poster", state, progress: progressOf(state, 0), reason: reason ?? null };
}

function progressOf(state: StepState, progress: number): number {
  switch (state) {
    case "complete":
      return 1;
    case "pending":
    case "skipped":
      return 0;
    case "running":
    case "playable":
    case "failed":
      return Math.min(0.99, Math.max(0, progress));
  }
}

export type Summary = {
  /** Steps that apply (not skipped), and how many of them are done. */
  all: number;
  done: number;
  failed: number;
  /** 0 to 1 over the steps that apply. */
  progress: number;
};

export function summarise(all: readonly Step[]): Summary {
  const applying = all.filter((step) => step.state !== "skipped");
  const settled = (step: Step) => (step.state === "failed" ? 1 : step.progress);
  return {
    all: applying.length,
    done: applying.filter((step) => step.state === "complete").length,
    failed: applying.filter((step) => step.state === "failed").length,
    progress:
      applying.length === 0 ? 0 : applying.reduce((sum, step) => sum + settled(step), 0) / applying.length,
  };
}

/** Nothing more will happen by itself. */
export function isSettled(state: VideoState): boolean {
  switch (state) {
    case "ready":
    case "partial":
    case "failed":
    case "rejected":
    case "expired":
      return true;
    case "uploading":
    case "uploaded":
    case "processing":
    case "playable":
      return false;
  }
}

/** Where to play it from, as soon as there is something to play. */
export function playlistOf(video: Video): string | null {
  const playable = video.state === "playable" || video.state === "ready" || video.state === "partial";
  return playable ? (video.playlist_url ?? null) : null;
}

/** Is the ladder worth drawing: has the pipeline taken the video? */
export function hasLadder(state: VideoState): boolean {
  return state !== "uploading" && state !== "rejected" && state !== "expired";
}
