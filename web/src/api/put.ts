// Sends one part to the bucket; XMLHttpRequest because fetch cannot tell how much has left.
import type { Put } from "../uploading/parts";

export const putByXhr: Put = ({ url, headers, body, onProgress, signal }) =>
  new Promise((resolve) => {
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    const end = (status: number) => {
      signal.removeEventListener("abort", abort);
      resolve(status);
    };
    xhr.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (event) => onProgress(event.loaded);
    xhr.onload = () => end(xhr.status);
    xhr.onerror = () => end(0);
    xhr.onabort = () => end(0);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) end(0);
    else xhr.send(body);
  });
