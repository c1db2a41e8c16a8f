// One upload: its bytes while it is sent, then the video's ladder.
import type { Video } from "../api/types";
import { announce, library, uploader } from "../app-state";
import { bytes, bytesPerSecond, percent, timeLeft, wholePercent } from "../format";
import { focusNext } from "../page";
import { playlistOf } from "../state/ladder";
import { secondsLeft, speed } from "../state/rate";
import type { Upload } from "../state/upload";
import { strings } from "../strings";
import { reasonOf } from "../words";
import { Badge } from "./badge";
import { Bar } from "./bar";
import { AlertIcon, PlayIcon } from "./icons";
import { Ladder } from "./ladder";

export function UploadRow({ upload }: { upload: Upload }) {
  const video = upload.state === "processing" ? library.video(upload.videoId) : undefined;
  return (
    <li class="upload" data-upload={upload.state} data-video={video?.id}>
      <div class="upload-head">
        <div class="upload-words">
          <h3 id={upload.key} tabIndex={-1}>
            {upload.title}
          </h3>
          <p class="quiet">
            {upload.name} · {bytes(upload.size)}
          </p>
        </div>
        <div class="actions">
          <Actions upload={upload} video={video} />
        </div>
      </div>
      <Progress upload={upload} video={video} />
    </li>
  );
}

type Props = { upload: Upload; video: Video | undefined };

function Actions({ upload, video }: Props) {
  const { key, title } = upload;
  switch (upload.state) {
    case "waiting":
    case "sending":
    case "storing":
      return (
        <button type="button" aria-label={strings.upload.cancelOf(title)} onClick={() => cancel(upload)}>
          {strings.upload.cancel}
        </button>
      );
    case "failed":
    case "cancelled":
      return (
        <>
          {(upload.state === "cancelled" || upload.again) && (
            <button type="button" aria-label={strings.upload.retryOf(title)} onClick={() => retry(key)}>
              {strings.upload.retry}
            </button>
          )}
          <Dismiss upload={upload} />
        </>
      );
    case "processing":
      return (
        <>
          {video !== undefined && playlistOf(video) !== null && (
            <a
              class="button primary"
              href={`/watch/${upload.videoId}`}
              aria-label={strings.upload.watchOf(title)}
              data-action="watch"
            >
              <PlayIcon />
              {strings.upload.watch}
            </a>
          )}
          <Dismiss upload={upload} />
        </>
      );
  }
}

function cancel(upload: Upload): void {
  uploader.cancel(upload.key);
  focusNext(`#${upload.key}`);
  announce(strings.upload.cancelled);
}

function retry(key: string): void {
  uploader.retry(key);
  focusNext(`#${key}`);
}

function dismiss(key: string): void {
  uploader.dismiss(key);
  focusNext(uploader.uploads.value.length > 0 ? "#uploads" : "h1");
}

function Dismiss({ upload }: { upload: Upload }) {
  return (
    <button
      type="button"
      class="plain"
      aria-label={strings.upload.dismissOf(upload.title)}
      onClick={() => dismiss(upload.key)}
    >
      {strings.upload.dismiss}
    </button>
  );
}

function Progress({ upload, video }: Props) {
  switch (upload.state) {
    case "waiting":
      return <p class="quiet">{strings.upload.waiting}</p>;
    case "sending": {
      const done = upload.size === 0 ? 0 : upload.sent / upload.size;
      return (
        <>
          <Bar value={wholePercent(done)} label={strings.upload.progressOf(upload.title)} />
          <SendingFigures sent={upload.sent} size={upload.size} rate={upload.rate} />
        </>
      );
    }
    case "storing":
      return (
        <>
          <Bar value={100} label={strings.upload.progressOf(upload.title)} />
          <p class="quiet">{strings.upload.storing}</p>
        </>
      );
    case "processing":
      return <Processing video={video} />;
    case "failed":
      return <Fault text={upload.reason} />;
    case "cancelled":
      return <p class="quiet">{strings.upload.cancelled}</p>;
  }
}

function SendingFigures({
  sent,
  size,
  rate,
}: {
  sent: number;
  size: number;
  rate: Parameters<typeof speed>[0];
}) {
  const now = speed(rate);
  const left = secondsLeft(rate, size);
  return (
    <p class="figures quiet">
      <span>{strings.upload.sent(bytes(sent), bytes(size))}</span>
      <span>{percent(sent / size)}</span>
      {now !== null && <span>{bytesPerSecond(now)}</span>}
      {left !== null && <span>{timeLeft(left)}</span>}
    </p>
  );
}

function Processing({ video }: { video: Video | undefined }) {
  // Deleted from elsewhere while its row was open.
  if (video === undefined) return <p class="quiet">{strings.watch.deleted}</p>;
  if (video.state === "rejected" || video.state === "failed" || video.state === "expired") {
    return (
      <>
        <p>
          <Badge video={video} />
        </p>
        <Fault text={reasonOf(video.reason)} />
      </>
    );
  }
  return (
    <>
      <p>
        <Badge video={video} />
      </p>
      <Ladder video={video} />
    </>
  );
}

function Fault({ text }: { text: string }) {
  return (
    <p class="fault">
      <AlertIcon />
      <span>{text}</span>
    </p>
  );
}
