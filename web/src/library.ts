// The videos as this tab knows them: pages, single reads and the event stream come together here.
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import {
  type Answer,
  deleteVideo,
  editVideo,
  type Failure,
  listVideos,
  readVideo,
  retryRendition,
} from "./api/client";
import type { Video, VideoEdit } from "./api/types";
import type { Link } from "./state/live";
import {
  appendPage,
  isLoaded,
  listed,
  merge,
  noVideos,
  refreshFirstPage,
  remove,
  type Videos,
} from "./state/videos";

/** How reading the list went last. */
export type Reading = { state: "idle" } | { state: "reading" } | { state: "failed"; failure: Failure };

export type Library = {
  listed: ReadonlySignal<Video[]>;
  loaded: ReadonlySignal<boolean>;
  hasMore: ReadonlySignal<boolean>;
  /** Reading the first page. */
  first: ReadonlySignal<Reading>;
  /** Reading further pages. */
  more: ReadonlySignal<Reading>;
  /** Is the API there, as far as this tab has seen? */
  reachable: ReadonlySignal<boolean>;
  video(id: string): Video | undefined;
  isDeleted(id: string): boolean;
  refresh(): Promise<void>;
  /** Returns how many videos came. */
  loadMore(): Promise<number>;
  read(id: string): Promise<Answer<Video>>;
  edit(id: string, edit: VideoEdit): Promise<Answer<Video>>;
  /** Has a failed rendition made again. */
  retry(id: string, rendition: string): Promise<Answer<Video>>;
  delete(id: string): Promise<Answer<unknown>>;
  take(video: Video): void;
  onEvent(name: string, data: unknown): void;
  onLink(link: Link): void;
};

export function createLibrary(onNews: (before: Video, after: Video) => void): Library {
  const videos = signal<Videos>(noVideos);
  const first = signal<Reading>({ state: "idle" });
  const more = signal<Reading>({ state: "idle" });
  const reachable = signal(true);

  const seen = <T>(answer: Answer<T>): Answer<T> => {
    reachable.value = answer.ok || answer.failure.kind !== "unreachable";
    return answer;
  };

  const take = (video: Video) => {
    const before = videos.value.byId.get(video.id);
    const merged = merge(videos.value, [video]);
    if (merged === videos.value) return;
    videos.value = merged;
    if (before !== undefined) onNews(before, video);
  };

  return {
    listed: computed(() => listed(videos.value)),
    loaded: computed(() => isLoaded(videos.value)),
    hasMore: computed(() => isLoaded(videos.value) && videos.value.nextCursor !== null),
    first,
    more,
    reachable,
    video: (id) => videos.value.byId.get(id),
    isDeleted: (id) => videos.value.deleted.has(id),
    take,

    async refresh() {
      if (first.value.state === "reading") return;
      first.value = { state: "reading" };
      const knownWhenAsked = new Set(videos.value.byId.keys());
      const answer = seen(await listVideos());
      if (answer.ok) {
        videos.value = refreshFirstPage(videos.value, answer.value, knownWhenAsked);
        first.value = { state: "idle" };
      } else {
        first.value = { state: "failed", failure: answer.failure };
      }
    },

    async loadMore() {
      const cursor = videos.value.nextCursor;
      if (cursor === null || more.value.state === "reading") return 0;
      more.value = { state: "reading" };
      const answer = seen(await listVideos(cursor));
      if (!answer.ok) {
        more.value = { state: "failed", failure: answer.failure };
        return 0;
      }
      const before = listed(videos.value).length;
      videos.value = appendPage(videos.value, answer.value);
      more.value = { state: "idle" };
      return listed(videos.value).length - before;
    },

    async read(id) {
      const answer = seen(await readVideo(id));
      if (answer.ok) take(answer.value);
      else if (answer.failure.kind === "problem" && answer.failure.status === 404) {
        if (videos.value.byId.has(id)) videos.value = remove(videos.value, id);
      }
      return answer;
    },

    async edit(id, edit) {
      const answer = seen(await editVideo(id, edit));
      if (answer.ok) take(answer.value);
      return answer;
    },

    async retry(id, rendition) {
      const answer = seen(await retryRendition(id, rendition));
      if (answer.ok) take(answer.value);
      return answer;
    },

    async delete(id) {
      const answer = seen(await deleteVideo(id));
      const gone = !answer.ok && answer.failure.kind === "problem" && answer.failure.status === 404;
      if (!answer.ok && !gone) return answer;
      videos.value = remove(videos.value, id);
      return { ok: true, value: undefined };
    },

    onEvent(name, data) {
      if (name === "video" && isVideo(data)) take(data);
      if (name === "deleted" && hasId(data)) videos.value = remove(videos.value, data.id);
    },

    onLink(link) {
      if (link.state === "live") reachable.value = true;
    },
  };
}

function hasId(data: unknown): data is { id: string } {
  return typeof data === "object" && data !== null && "id" in data && typeof data.id === "string";
}

function isVideo(data: unknown): data is Video {
  return hasId(data) && "version" in data && "renditions" in data;
}
