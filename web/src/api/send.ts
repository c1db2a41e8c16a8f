// One request that sends a file; XMLHttpRequest because fetch cannot tell how much has left.
import { type Answer, failureOf } from "./client";
import type { Video } from "./types";

export type Sending = {
  url: string;
  file: Blob;
  /** Bytes that have left so far. */
  onProgress: (sent: number) => void;
  /** The last byte has left. */
  onSent: () => void;
  /** Once, unless aborted. */
  onAnswer: (answer: Answer<Video>) => void;
};

/** Starts the request; the answer aborts it. */
export type Transport = (sending: Sending) => () => void;

export const sendByXhr: Transport = ({ url, file, onProgress, onSent, onAnswer }) => {
  const xhr = new XMLHttpRequest();
  xhr.open("POST", url);
  xhr.responseType = "json";
  xhr.upload.onprogress = (event) => onProgress(event.loaded);
  xhr.upload.onload = () => onSent();
  xhr.onload = () => {
    const accepted = xhr.status >= 200 && xhr.status < 300 && isVideo(xhr.response);
    onAnswer(
      accepted
        ? { ok: true, value: xhr.response as Video }
        : { ok: false, failure: failureOf(xhr.status, xhr.response) },
    );
  };
  xhr.onerror = () => onAnswer({ ok: false, failure: { kind: "unreachable" } });
  xhr.send(file);
  return () => xhr.abort();
};

function isVideo(body: unknown): boolean {
  return typeof body === "object" && body !== null && "id" in body && "renditions" in body;
}
