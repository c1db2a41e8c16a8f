// What was uploaded: the file and what the probe learned of it.
import type { Video } from "../api/types";
import { bytes, clock, dateTime, dimensions, frameRate } from "../format";
import { strings } from "../strings";

export function SourceFacts({ video }: { video: Video }) {
  return (
    <dl class="facts">
      {facts(video).map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Only what is known. */
function facts(video: Video): [label: string, value: string][] {
  const { source, duration_seconds } = video;
  const words = strings.facts;
  const known: [string, string | null][] = [
    [words.file, source.filename],
    [words.size, source.size_bytes != null ? bytes(source.size_bytes) : null],
    [words.length, duration_seconds != null ? clock(duration_seconds) : null],
    [
      words.picture,
      source.width != null && source.height != null ? dimensions(source.width, source.height) : null,
    ],
    [words.rate, source.frame_rate != null ? frameRate(source.frame_rate) : null],
    [words.video, source.video_codec ?? null],
    // Once the picture is known, the absence of sound is known too.
    [words.audio, source.audio_codec ?? (source.video_codec != null ? words.noAudio : null)],
    [words.uploaded, dateTime(video.created_at)],
  ];
  return known.filter((fact): fact is [string, string] => fact[1] !== null && fact[1] !== "");
}
