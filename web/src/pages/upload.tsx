// Uploading: a large place to drop files, and what became of them.
import { uploader } from "../app-state";
import { FileButton } from "../components/file-button";
import { Mark } from "../components/mark";
import { ClearFinished, UnfinishedNote, UploadRows } from "../components/tray";
import { usePage } from "../page";
import { strings } from "../strings";

export default function UploadPage(_: { path?: string }) {
  const words = strings.upload;
  const heading = usePage(words.title);
  const uploads = uploader.uploads.value;
  return (
    <>
      <div class="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {words.title}
        </h1>
      </div>
      <div class="notice notice-drop">
        <Mark large />
        <h2>{words.dropHere}</h2>
        <p>{words.dropHereHint}</p>
        <FileButton label={words.chooseFiles} />
      </div>
      {uploads.length === 0 ? (
        <p class="quiet upload-nothing">{words.nothingYet}</p>
      ) : (
        <section class="uploads" aria-labelledby="uploads">
          <div class="page-head">
            <h2 id="uploads" tabIndex={-1}>
              {words.heading}
            </h2>
            <ClearFinished />
          </div>
          <UnfinishedNote />
          <UploadRows />
        </section>
      )}
    </>
  );
}
