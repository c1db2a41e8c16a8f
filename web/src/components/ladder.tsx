// A video's processing, drawn: one lane for each thing that is being made of it.
import type { Video } from "../api/types";
import { percent, wholePercent } from "../format";
import { type Step, steps } from "../state/ladder";
import { strings } from "../strings";
import { reasonOf } from "../words";
import { Bar } from "./bar";
import { CheckIcon } from "./icons";

export function Ladder({ video }: { video: Video }) {
  const all = steps(video);
  if (all.length === 0) return <NoSteps video={video} />;
  return (
    <ul class="ladder" aria-label={strings.ladder.label(video.title)}>
      {all.map((step) => (
        <li key={step.name} class={`lane lane-${step.state}`} data-step={step.name} data-state={step.state}>
          <span class="lane-name">{stepName(step.name)}</span>
          <StepBar step={step} />
          <StepState step={step} />
          <StepReason step={step} />
        </li>
      ))}
    </ul>
  );
}

/** Nothing is being made yet, and why. */
export function NoSteps({ video }: { video: Video }) {
  return <p class="quiet">{video.reason == null ? strings.ladder.noPlan : reasonOf(video.reason)}</p>;
}

/** A step's bar; a step that does not apply has none. */
export function StepBar({ step }: { step: Step }) {
  if (step.state === "skipped") return <span class="bar-none" aria-hidden="true" />;
  const tone = {
    pending: "idle",
    running: "going",
    playable: "going",
    complete: "done",
    failed: "failed",
  } as const;
  return (
    <Bar
      value={wholePercent(step.progress)}
      label={stepName(step.name)}
      text={stepText(step)}
      tone={tone[step.state]}
    />
  );
}

/** The state in words, with a tick when it is done. */
export function StepState({ step }: { step: Step }) {
  return (
    <span class="lane-state">
      {step.state === "complete" && <CheckIcon />}
      {stepText(step)}
    </span>
  );
}

/** Why a step was skipped or failed, or is not further, for people. */
export function StepReason({ step }: { step: Step }) {
  const ended = step.state === "skipped" || step.state === "failed";
  if (step.state === "complete" || (!ended && step.reason === null)) return null;
  return <span class="lane-reason">{reasonOf(step.reason)}</span>;
}

export function stepName(name: string): string {
  if (name === "audio") return strings.ladder.audio;
  return name === "poster" ? strings.ladder.poster : name;
}

/** `Encoding, 43%`. */
function stepText(step: Step): string {
  const state = strings.ladder.state[step.state];
  const moving = step.state === "running" || step.state === "playable";
  return moving ? strings.ladder.withPercent(state, percent(step.progress)) : state;
}
