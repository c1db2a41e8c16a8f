// What is known of the videos: merged from pages, single reads and events, by version, in whatever order they come.
import type { Video, VideoPage } from "../api/types";

/**
 * `floor` is the smallest id that is listed without gaps: an event about an older video, from a page that was not
 * loaded yet, is kept but not listed. Null: everything is listed.
 */
export type Videos = {
  byId: ReadonlyMap<string, Video>;
  deleted: ReadonlySet<string>;
  floor: string | null;
  nextCursor: string | null;
};

/** No page has been read: nothing is listed yet. Larger than every id. */
const NOTHING_LISTED = "~";

export const noVideos: Videos = {
  byId: new Map(),
  deleted: new Set(),
  floor: NOTHING_LISTED,
  nextCursor: null,
};

/** The same value when nothing is new, so that nobody redraws. */
export function merge(videos: Videos, incoming: readonly Video[]): Videos {
  const news = incoming.filter((video) => isNews(videos, video));
  if (news.length === 0) return videos;
  const byId = new Map(videos.byId);
  for (const video of news) byId.set(video.id, video);
  return { ...videos, byId };
}

function isNews(videos: Videos, video: Video): boolean {
  if (videos.deleted.has(video.id)) return false;
  const known = videos.byId.get(video.id);
  return known === undefined || video.version > known.version;
}

/** A deleted video stays deleted: an event or a page that was under way must not bring it back. */
export function remove(videos: Videos, id: string): Videos {
  if (videos.deleted.has(id)) return videos;
  const byId = new Map(videos.byId);
  byId.delete(id);
  return { ...videos, byId, deleted: new Set(videos.deleted).add(id) };
}

/** A further page, below what is listed already. */
export function appendPage(videos: Videos, page: VideoPage): Videos {
  return {
    ...merge(videos, page.videos),
    nextCursor: page.next_cursor,
    floor: page.next_cursor === null ? null : smallest(page.videos, videos.floor),
  };
}

/**
 * The first page, again: what it should contain and does not was deleted while nobody listened. `knownWhenAsked`
 * protects videos that became known while the answer was under way.
 */
export function refreshFirstPage(
  videos: Videos,
  page: VideoPage,
  knownWhenAsked: ReadonlySet<string>,
): Videos {
  const listed = new Set(page.videos.map((video) => video.id));
  const pageFloor = page.next_cursor === null ? null : smallest(page.videos, null);
  const vanished = [...knownWhenAsked].filter(
    (id) => videos.byId.has(id) && !listed.has(id) && (pageFloor === null || id >= pageFloor),
  );
  const kept = vanished.reduce(remove, videos);
  const merged = merge(kept, page.videos);
  // A page that shares nothing with what was known leaves a gap below it: the list starts anew from there.
  const startsAnew = !page.videos.some((video) => knownWhenAsked.has(video.id));
  if (!isLoaded(videos) || startsAnew || page.next_cursor === null) {
    return { ...merged, floor: pageFloor, nextCursor: page.next_cursor };
  }
  return merged;
}

function smallest(videos: readonly Video[], otherwise: string | null): string | null {
  return videos.reduce<string | null>(
    (least, video) => (least === null || video.id < least ? video.id : least),
    otherwise,
  );
}

/** Newest first: ids are UUIDv7, so their order is time's. */
export function listed(videos: Videos): Video[] {
  const floor = videos.floor;
  return [...videos.byId.values()]
    .filter((video) => floor === null || video.id >= floor)
    .sort((a, b) => (a.id < b.id ? 1 : -1));
}

/** Has a first page arrived? */
export function isLoaded(videos: Videos): boolean {
  return videos.floor !== NOTHING_LISTED;
}
