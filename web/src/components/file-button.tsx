// The button that opens the file dialog.
import { useRef } from "preact/hooks";
import { announce, trayOpen, uploader } from "../app-state";
import { strings } from "../strings";
import { UploadIcon } from "./icons";

/** Containers that some systems do not count as video. */
const ACCEPT = "video/*,.mkv,.ts,.m2ts,.mts,.flv,.wmv,.asf,.avi,.mpg,.mpeg,.ogv,.mxf";

type Props = { label?: string; small?: boolean };

export function FileButton({ label = strings.upload.choose, small = false }: Props) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class={small ? "small" : "primary"} onClick={() => input.current?.click()}>
        <UploadIcon />
        <span>{label}</span>
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={ACCEPT}
        aria-label={label}
        onChange={(event) => {
          takeFiles(event.currentTarget.files);
          // The same file can be chosen again.
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

/** Takes what was chosen or dropped and says so. */
export function takeFiles(files: FileList | null | undefined): void {
  if (!files || files.length === 0) return;
  trayOpen.value = true;
  void uploader.add([...files]).then((taken) => {
    if (taken > 0) announce(strings.upload.started(taken));
  });
}
