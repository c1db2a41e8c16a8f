// The library: all videos, newest first.

import { useEffect, useRef } from "preact/hooks";
import { type Failure, messageOf } from "../api/client";
import { announce, library, uploader } from "../app-state";
import { Card } from "../components/card";
import { Mark } from "../components/mark";
import { SelectionBar } from "../components/selection-bar";
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
      <SelectionBar />
      <Videos />
    </>
  );
}

/** Posters that are in the window on arrival, mostly. */
const EAGER = 4;

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
        {videos.map((video, place) => (
          <Card key={video.id} video={video} eager={place < EAGER} />
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

/** Comes by itself before the end is reached; the button is for those whom that passes by. */
function LoadMore() {
  const place = useRef<HTMLDivElement>(null);
  const hasMore = library.hasMore.value;
  const more = library.more.value;
  useEffect(() => {
    const element = place.current;
    if (!hasMore || element === null || more.state !== "idle") return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) void library.loadMore();
      },
      { rootMargin: "800px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [hasMore, more.state]);
  if (!hasMore) return null;
  return (
    <div ref={place} class="load-more">
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
