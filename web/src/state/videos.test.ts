import { describe, expect, it } from "vitest";
import type { Video } from "../api/types";
import { video } from "./fixtures";
import {
  appendPage,
  isLoaded,
  listed,
  merge,
  noVideos,
  refreshFirstPage,
  remove,
  type Videos,
} from "./videos";

const page = (ids: string[], next_cursor: string | null = null) => ({
  videos: ids.map((id) => video(id)),
  next_cursor,
});
const ids = (videos: Videos) => listed(videos).map((one: Video) => one.id);
const known = (videos: Videos) => new Set(videos.byId.keys());
const loaded = (first: string[], next: string | null = null) =>
  refreshFirstPage(noVideos, page(first, next), new Set());

describe("merging by version", () => {
  const at = (version: number) => video("a", { version, title: `version ${version}` });

  it("takes the newer one, in whatever order they come", () => {
    const late = merge(merge(loaded(["a"]), [at(3)]), [at(2)]);
    expect(late.byId.get("a")?.title).toBe("version 3");
  });

  it("is the same value when nothing is new", () => {
    const videos = merge(loaded(["a"]), [at(3)]);
    expect(merge(videos, [at(3), at(1)])).toBe(videos);
  });

  it("does not bring back what was deleted", () => {
    const videos = remove(loaded(["a"]), "a");
    expect(ids(merge(videos, [at(9)]))).toEqual([]);
  });
});

describe("the list", () => {
  it("is not loaded before a page has come, whatever events say", () => {
    const videos = merge(noVideos, [video("a")]);
    expect(isLoaded(videos)).toBe(false);
    expect(ids(videos)).toEqual([]);
  });

  it("is newest first, and new ones come on top", () => {
    expect(ids(merge(loaded(["b", "a"]), [video("c")]))).toEqual(["c", "b", "a"]);
  });

  it("does not list an older video that an event has named, until its page is loaded", () => {
    const first = merge(loaded(["f", "e"], "e"), [video("a")]);
    expect(ids(first)).toEqual(["f", "e"]);
    const second = appendPage(first, page(["d", "c"], "c"));
    expect(ids(second)).toEqual(["f", "e", "d", "c"]);
    expect(ids(appendPage(second, page(["b", "a"])))).toEqual(["f", "e", "d", "c", "b", "a"]);
  });

  it("may end with an empty page", () => {
    const videos = appendPage(loaded(["b", "a"], "a"), page([]));
    expect(ids(videos)).toEqual(["b", "a"]);
    expect(videos.nextCursor).toBeNull();
  });

  it("may be empty", () => expect(isLoaded(loaded([]))).toBe(true));
});

describe("reading the first page again", () => {
  it("drops what was deleted while nobody listened", () => {
    const videos = loaded(["c", "b", "a"]);
    expect(ids(refreshFirstPage(videos, page(["c", "a"]), known(videos)))).toEqual(["c", "a"]);
  });

  it("keeps what became known while the answer was under way", () => {
    const asked = loaded(["b", "a"]);
    const meanwhile = merge(asked, [video("c")]);
    expect(ids(refreshFirstPage(meanwhile, page(["b", "a"]), known(asked)))).toEqual(["c", "b", "a"]);
  });

  it("keeps further pages, and where to go on", () => {
    const two = appendPage(loaded(["d", "c"], "c"), page(["b", "a"], "a"));
    const again = refreshFirstPage(two, page(["d", "c"], "c"), known(two));
    expect(ids(again)).toEqual(["d", "c", "b", "a"]);
    expect(again.nextCursor).toBe("a");
  });

  it("starts anew where so many have come that a gap would be left", () => {
    const old = loaded(["b", "a"]);
    const again = refreshFirstPage(old, page(["z", "y"], "y"), known(old));
    expect(ids(again)).toEqual(["z", "y"]);
    expect(again.nextCursor).toBe("y");
  });
});
