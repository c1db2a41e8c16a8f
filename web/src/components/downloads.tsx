// The MP4s to take away, one per size.
import type { Video } from "../api/types";
import { bytes, dimensions } from "../format";
import { byRung } from "../state/ladder";
import { strings } from "../strings";
import { Disclosure } from "./disclosure";
import { DownloadIcon } from "./icons";
import { stepName } from "./ladder";

export function Downloads({ video }: { video: Video }) {
  const there = byRung(video.renditions)
    .reverse()
    .filter((rendition) => rendition.mp4_state === "complete" && rendition.mp4_url != null);
  if (there.length === 0) return null;
  const face = (
    <>
      <DownloadIcon />
      {strings.watch.downloads}
    </>
  );
  return (
    <Disclosure face={face}>
      {(close) => (
        <ul class="choices">
          {there.map(({ name, mp4_url, mp4_size_bytes, width, height }) => (
            <li key={name}>
              <a
                class="choice"
                href={mp4_url ?? ""}
                download
                aria-label={strings.watch.downloadOf(stepName(name), video.title)}
                onClick={close}
              >
                <strong>{stepName(name)}</strong>
                <span class="quiet">{width && height ? dimensions(width, height) : ""}</span>
                <span class="quiet">{mp4_size_bytes != null ? bytes(mp4_size_bytes) : ""}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </Disclosure>
  );
}
