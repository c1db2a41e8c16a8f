// The library: uploads of this tab on top, all videos below.

import { type Failure, messageOf } from "../api/client";
import { announce, library, uploader } from "../app-state";
import { Card } from "../components/card";
import { Mark } from "../components/mark";
import { UploadRow } from "../components/upload-row";
import { focusNext, usePage } from "../page";
import { strings } from "../strings";

export function LibraryPage(_: { path?: string }) {
  const heading = usePage(strings.library.title);
  return (
    <>
      <div class="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {strings.library.heading}
        </h1>
        <p class="quiet drop-hint">{strings.upload.dropHint}</p>
      </div>
      <Uploads />
      <Videos />
    </>
  );
}

function Uploads() {
  const uploads = uploader.uploads.value;
  if (uploads.length === 0) return null;
  return (
    <section class="uploads" aria-labelledby="uploads">
      <h2 id="uploads" tabIndex={-1}>
        {strings.upload.heading}
      </h2>
      <ul>
        {[...uploads].reverse().map((upload) => (
          <UploadRow key={upload.key} upload={upload} />
        ))}
      </ul>
    </section>
  );
}

function Videos() {
  if (!library.loaded.value) {
    const first = library.first.value;
    return first.state === "failed" ? <ListFailed failure={first.failure} /> : <Skeletons />;
  }
  const videos = library.listed.value;
  // The first upload is on its way: "no videos yet" would look like a complaint.
  if (videos.length === 0) return uploader.uploads.value.length === 0 ? <Empty /> : null;
  return (
    <>
      <ul class="grid">
        {videos.map((video) => (
          <Card key={video.id} video={video} />
        ))}
      </ul>
      <LoadMore />
    </>
  );
}

function Empty() {
  return (
    <div class="notice notice-drop">
      <Mark large />
      <h2>{strings.library.empty}</h2>
      <p>{strings.library.emptyHint}</p>
    </div>
  );
}

function ListFailed({ failure }: { failure: Failure }) {
  return (
    <div class="notice">
      <h2>{strings.library.failed}</h2>
      {/* That nobody answers, the banner says. */}
      {failure.kind === "problem" && <p>{messageOf(failure)}</p>}
      <button type="button" onClick={() => void library.refresh()}>
        {strings.errors.tryAgain}
      </button>
    </div>
  );
}

function Skeletons() {
  return (
    <div class="grid" role="status" aria-label={strings.loading}>
      {["a", "b", "c", "d"].map((key) => (
        <div key={key} class="skeleton" />
      ))}
    </div>
  );
}

function LoadMore() {
  if (!library.hasMore.value) return null;
  const more = library.more.value;
  return (
    <div class="load-more">
      {more.state === "failed" && <p class="quiet">{messageOf(more.failure)}</p>}
      <button type="button" aria-disabled={more.state === "reading"} onClick={() => void loadMore()}>
        {more.state === "reading" ? strings.library.loadingMore : strings.library.loadMore}
      </button>
    </div>
  );
}

async function loadMore(): Promise<void> {
  const before = library.listed.value.length;
  const came = await library.loadMore();
  if (came === 0) return;
  announce(strings.library.loaded(came));
  // Who came here by keyboard goes on with the first new one.
  const first = library.listed.value[before];
  if (first !== undefined) focusNext(`.card[data-video="${first.id}"] a`);
}
