// One upload: its bytes while it is sent, then the video's ladder.
import type { Video } from "../api/types";
import { announce, library, uploader } from "../app-state";
import { bytes, bytesPerSecond, percent, timeLeft, wholePercent } from "../format";
import { focusNext } from "../page";
import { playlistOf } from "../state/ladder";
import { type Rate, secondsLeft, speed } from "../state/rate";
import { isUnfinished, type Upload } from "../state/upload";
import { strings } from "../strings";
import { reasonOf } from "../words";
import { Badge } from "./badge";
import { Bar } from "./bar";
import { CopyLink } from "./copy-link";
import { AlertIcon, PlayIcon } from "./icons";
import { Ladder } from "./ladder";
import { UploadEdit } from "./upload-edit";

export function UploadRow({ upload }: { upload: Upload }) {
  const video = upload.state === "processing" ? library.video(upload.videoId) : undefined;
  return (
    <li class="upload" data-upload={upload.state} data-video={upload.videoId ?? undefined}>
      <div class="upload-head">
        <div class="upload-words">
          <h3 id={upload.key} tabIndex={-1}>
            {video?.title ?? upload.title}
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
      {isUnfinished(upload) && <UploadEdit upload={upload} />}
      {upload.videoId !== null && isUnfinished(upload) && (
        <div class="actions">
          <CopyLink
            class="small plain"
            link={() => new URL(`/watch/${upload.videoId}`, location.origin).href}
          />
        </div>
      )}
    </li>
  );
}

type Props = { upload: Upload; video: Video | undefined };

type ActionProps = { label: string; of: string; plain?: boolean; act: () => void };

function Action({ label, of, plain = false, act }: ActionProps) {
  return (
    <button type="button" class={plain ? "plain small" : "small"} aria-label={of} onClick={act}>
      {label}
    </button>
  );
}

function Actions({ upload, video }: Props) {
  const { key, title } = upload;
  const words = strings.upload;
  // The button that is pressed goes away: the row's heading takes the focus.
  const then = (act: (key: string) => void) => () => {
    act(key);
    focusNext(`#${key}`);
  };
  const cancel = then(() => {
    uploader.cancel(key);
    announce(words.cancelled);
  });
  switch (upload.state) {
    case "sending":
      return (
        <>
          <Action label={words.pause} of={words.pauseOf(title)} act={then(uploader.pause)} />
          <Action label={words.cancel} of={words.cancelOf(title)} plain act={cancel} />
        </>
      );
    case "paused":
      return (
        <>
          <Action label={words.resume} of={words.resumeOf(title)} act={then(uploader.resume)} />
          <Action label={words.cancel} of={words.cancelOf(title)} plain act={cancel} />
        </>
      );
    case "waiting":
    case "storing":
      return <Action label={words.cancel} of={words.cancelOf(title)} plain act={cancel} />;
    case "unfinished":
      return <Action label={words.discard} of={words.discardOf(title)} plain act={cancel} />;
    case "doubled":
      return (
        <>
          <Action label={words.anyway} of={words.anywayOf(title)} act={then(uploader.retry)} />
          <Dismiss upload={upload} />
        </>
      );
    case "failed":
    case "cancelled":
      return (
        <>
          {(upload.state === "cancelled" || upload.again) && (
            <Action label={words.retry} of={words.retryOf(title)} act={then(uploader.retry)} />
          )}
          <Dismiss upload={upload} />
        </>
      );
    case "processing":
      return (
        <>
          {video !== undefined && playlistOf(video) !== null && (
            <a
              class="button primary small"
              href={`/watch/${upload.videoId}`}
              aria-label={words.watchOf(title)}
              data-action="watch"
            >
              <PlayIcon />
              {words.watch}
            </a>
          )}
          <Dismiss upload={upload} />
        </>
      );
  }
}

function Dismiss({ upload }: { upload: Upload }) {
  const dismiss = () => {
    uploader.dismiss(upload.key);
    focusNext(uploader.uploads.value.length > 0 ? "#uploads" : "h1");
  };
  const { dismiss: label, dismissOf } = strings.upload;
  return <Action label={label} of={dismissOf(upload.title)} plain act={dismiss} />;
}

function Progress({ upload, video }: Props) {
  const words = strings.upload;
  switch (upload.state) {
    case "waiting":
      return <p class="quiet">{words.waiting}</p>;
    case "sending":
      return (
        <>
          <Bar value={wholePercent(upload.sent / upload.size)} label={words.progressOf(upload.title)} />
          {upload.stalled ? (
            <p class="quiet">{words.stalled}</p>
          ) : (
            <SendingFigures sent={upload.sent} size={upload.size} rate={upload.rate} />
          )}
        </>
      );
    case "paused":
      return (
        <>
          <Bar
            value={wholePercent(upload.sent / upload.size)}
            label={words.progressOf(upload.title)}
            tone="idle"
          />
          <p class="quiet">{words.paused}</p>
        </>
      );
    case "unfinished":
      return <p class="quiet">{words.unfinished(bytes(upload.sent), bytes(upload.size))}</p>;
    case "storing":
      return (
        <>
          <Bar value={100} label={words.progressOf(upload.title)} />
          <p class="quiet">{words.storing}</p>
        </>
      );
    case "processing":
      return <Processing upload={upload} video={video} />;
    case "failed":
    case "doubled":
      return <Fault text={upload.reason} />;
    case "cancelled":
      return <p class="quiet">{words.cancelled}</p>;
  }
}

function SendingFigures({ sent, size, rate }: { sent: number; size: number; rate: Rate }) {
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

function Processing({ upload, video }: Props) {
  if (video === undefined) {
    const deleted = upload.videoId !== null && library.isDeleted(upload.videoId);
    return <p class="quiet">{deleted ? strings.watch.deleted : strings.loading}</p>;
  }
  const over = video.state === "rejected" || video.state === "failed" || video.state === "expired";
  return (
    <>
      <p>
        <Badge video={video} />
      </p>
      {over ? <Fault text={reasonOf(video.reason)} /> : <Ladder video={video} />}
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
