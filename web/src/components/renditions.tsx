// The ladder of one video in full: picture, bit rate, state, and the MP4 to take away.
import type { Rendition, Video } from "../api/types";
import { bitrate, bytes, dimensions } from "../format";
import { byRung, type Step, steps } from "../state/ladder";
import { strings } from "../strings";
import { reasonOf } from "../words";
import { DownloadIcon } from "./icons";
import { NoSteps, StepBar, StepReason, StepState, stepName } from "./ladder";
import { failedRenditions, Retry } from "./retry";

type Props = {
  video: Video;
  /** With buttons to have what failed made again. */
  retries?: boolean;
};

export function Renditions({ video, retries = false }: Props) {
  const renditions = new Map(byRung(video.renditions).map((rendition) => [rendition.name, rendition]));
  const columns = strings.ladder.column;
  const all = steps(video);
  if (all.length === 0) return <NoSteps video={video} />;
  return (
    <table class="renditions">
      <thead>
        <tr>
          <th scope="col">{columns.name}</th>
          <th scope="col">{columns.state}</th>
          <th scope="col">{columns.download}</th>
        </tr>
      </thead>
      <tbody>
        {all.map((step) => (
          <Row
            key={step.name}
            step={step}
            rendition={renditions.get(step.name)}
            video={video}
            retries={retries}
          />
        ))}
      </tbody>
    </table>
  );
}

type RowProps = { step: Step; rendition: Rendition | undefined; video: Video; retries: boolean };

function Row({ step, rendition, video, retries }: RowProps) {
  const failed = failedRenditions(video).includes(step.name);
  // What will never have an MP4 leaves its place to the reason.
  const ended = step.state === "skipped" || step.state === "failed";
  return (
    <tr data-step={step.name} data-state={step.state} class={`lane-${step.state}`}>
      <th scope="row">
        <span class="rendition-name">{stepName(step.name)}</span>
        {rendition !== undefined && <Figures rendition={rendition} />}
      </th>
      <td colSpan={ended ? 2 : 1}>
        <div class="rendition-state">
          <StepState step={step} />
          {!ended && step.state !== "complete" && <StepBar step={step} />}
          <StepReason step={step} />
          {rendition !== undefined && <Mp4Reason rendition={rendition} />}
          {retries && failed && (
            <span>
              <Retry video={video} names={[step.name]} label={strings.ladder.retry} small />
            </span>
          )}
        </div>
      </td>
      {!ended && (
        <td class="rendition-mp4">
          {rendition !== undefined && <Mp4 rendition={rendition} title={video.title} />}
        </td>
      )}
    </tr>
  );
}

function Figures({ rendition }: { rendition: Rendition }) {
  const { width, height, bitrate_bps } = rendition;
  const picture = width != null && height != null && width > 0 ? dimensions(width, height) : null;
  const rate = bitrate_bps != null ? bitrate(bitrate_bps) : null;
  if (rendition.state === "skipped" || (picture === null && rate === null)) return null;
  return (
    <span class="rendition-figures quiet">
      {picture !== null && <span>{picture}</span>}
      {rate !== null && <span>{rate}</span>}
    </span>
  );
}

/** A rendition that plays can still lack its file to take away. */
function Mp4Reason({ rendition }: { rendition: Rendition }) {
  if (rendition.state !== "complete" || rendition.mp4_state !== "failed") return null;
  return <span class="lane-reason">{strings.watch.noMp4(reasonOf(rendition.reason))}</span>;
}

function Mp4({ rendition, title }: { rendition: Rendition; title: string }) {
  const { mp4_state, mp4_url, mp4_size_bytes, name } = rendition;
  if (mp4_state === "complete" && mp4_url != null) {
    return (
      <a class="button" href={mp4_url} download aria-label={strings.watch.downloadOf(stepName(name), title)}>
        <DownloadIcon />
        {mp4_size_bytes != null ? bytes(mp4_size_bytes) : strings.watch.mp4.complete}
      </a>
    );
  }
  if (mp4_state === "failed") return <span class="fault-word">{strings.watch.mp4.failed}</span>;
  // Sound alone has no MP4.
  if (mp4_state === "pending" && name !== "audio") {
    return <span class="quiet">{strings.watch.mp4.pending}</span>;
  }
  return null;
}
