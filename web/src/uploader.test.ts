import { beforeEach, describe, expect, it, vi } from "vitest";
import { createUploader, type Uploader } from "./uploader";
import { flaw, type Store, store, unreachable } from "./uploading/fixtures";

describe("the uploader", () => {
  let there: Store;
  let uploader: Uploader;
  let videos: string[];
  let edits: unknown[];

  const file = (name: string, content = "0123456789", lastModified = 1) =>
    new File([content], name, { lastModified, type: "video/mp4" });
  const states = () => uploader.uploads.value.map((upload) => upload.state);
  const settled = () => vi.waitFor(() => expect(states()).not.toContain("sending"));
  const create = () =>
    createUploader({
      api: there.api,
      put: there.put,
      claims: there.claims,
      patience: there.patience,
      now: () => 0,
      isKnown: (one) => one.name === "known.mp4",
      onVideo: (id) => videos.push(id),
      onEdit: (id, edit) => edits.push([id, edit]),
      onNews: () => {},
    });

  beforeEach(() => {
    there = store({ partSize: 4 });
    videos = [];
    edits = [];
    uploader = create();
  });

  it("sends a file in parts, completes it, and says which video it is", async () => {
    expect(await uploader.add([file("My clip.mov")])).toBe(1);
    await vi.waitFor(() => expect(states()).toEqual(["processing"]));
    expect(there.content("u1")).toBe("0123456789");
    expect(videos).toEqual(["u1"]);
    expect(there.begun[0]).toMatchObject({ filename: "My clip.mov", title: "My clip", size_bytes: 10 });
  });

  it("has a link from the first second, also for those that wait for their turn", async () => {
    there.holdParts = true;
    await uploader.add(["a", "b", "c", "d"].map((name) => file(`${name}.mp4`, name)));
    await vi.waitFor(() => expect(uploader.uploads.value.every((one) => one.videoId !== null)).toBe(true));
    expect(states()).toEqual(["sending", "sending", "sending", "waiting"]);
  });

  it("has at most eight parts on their way, of all files together", async () => {
    there.holdParts = true;
    await uploader.add([file("a.mp4", "a".repeat(100)), file("b.mp4", "b".repeat(100))]);
    await vi.waitFor(() => expect(there.putting).toBe(8));
    there.holdParts = false;
    await vi.waitFor(() => expect(states()).toEqual(["processing", "processing"]));
    expect(there.mostPutting).toBe(8);
    expect(there.content("u1")).toBe("a".repeat(100));
    expect(there.content("u2")).toBe("b".repeat(100));
  });

  it("makes every call again that got no answer", async () => {
    for (const call of ["begin", "parts", "put", "complete"] as const) there.fail(call, 2);
    await uploader.add([file("a.mp4")]);
    await vi.waitFor(() => expect(states()).toEqual(["processing"]));
    expect(there.content("u1")).toBe("0123456789");
  });

  it("asks for a fresh URL where the store refuses one, and gives a part up that it always refuses", async () => {
    there.refuse = 2;
    await uploader.add([file("a.mp4")]);
    await vi.waitFor(() => expect(states()).toEqual(["processing"]));
    there.refuse = Number.POSITIVE_INFINITY;
    await uploader.add([file("b.mp4", "other")]);
    await vi.waitFor(() => expect(states()).toEqual(["processing", "failed"]));
  });

  it("shows the API's words when it refuses, and tries anew when told to", async () => {
    there.refusal = flaw(413, "file_too_large", "The limit is 5 bytes.");
    await uploader.add([file("a.mp4")]);
    await settled();
    expect(uploader.uploads.value[0]).toMatchObject({ state: "failed", reason: "The limit is 5 bytes." });
    there.refusal = null;
    uploader.retry("upload-1");
    await vi.waitFor(() => expect(states()).toEqual(["processing"]));
  });

  it("pauses, and sends only what is missing when it goes on", async () => {
    there.stopAfter = 1;
    await uploader.add([file("a.mp4", "x".repeat(40))]);
    await vi.waitFor(() => expect(there.arrivedParts("u1")).toBe(1));
    uploader.pause("upload-1");
    expect(states()).toEqual(["paused"]);
    there.stopAfter = null;
    const before = there.puts;
    uploader.resume("upload-1");
    await vi.waitFor(() => expect(states()).toEqual(["processing"]));
    expect(there.puts - before).toBe(9);
  });

  it("waits while the device is offline, and goes on by itself", async () => {
    there.online = false;
    await uploader.add([file("a.mp4")]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(states()).toEqual(["sending"]);
    expect(there.begun).toEqual([]);
    there.online = true;
    await vi.waitFor(() => expect(states()).toEqual(["processing"]));
  });

  it("aborts what is cancelled, and its place goes to the next", async () => {
    there.holdParts = true;
    await uploader.add(["a", "b", "c", "d"].map((name) => file(`${name}.mp4`, name)));
    uploader.cancel("upload-1");
    await vi.waitFor(() => expect(states()).toEqual(["cancelled", "sending", "sending", "sending"]));
    await vi.waitFor(() => expect(there.aborted).toEqual(["u1"]));
  });

  it("leaves nothing behind that is cancelled before the API has answered", async () => {
    there.holdBegin = true;
    await uploader.add([file("a.mp4")]);
    await vi.waitFor(() => expect(there.begun).toHaveLength(1));
    uploader.cancel("upload-1");
    there.holdBegin = false;
    await vi.waitFor(() => expect(there.aborted).toEqual(["u1"]));
    expect(states()).toEqual(["cancelled"]);
  });

  it("goes on after a reload with the file that it began with, and no other", async () => {
    there.stopAfter = 2;
    const chosen = file("a.mp4", "y".repeat(40));
    await uploader.add([chosen]);
    await vi.waitFor(() => expect(there.arrivedParts("u1")).toBe(2));
    there.reload();
    there.stopAfter = null;
    there.holdParts = true;
    uploader = create();
    await uploader.recover();
    expect(uploader.uploads.value[0]).toMatchObject({ state: "unfinished", sent: 8, size: 40 });
    await uploader.add([file("a.mp4", "z".repeat(40))]);
    expect(states()).toEqual(["unfinished", "sending"]);
    there.holdParts = false;
    await uploader.add([chosen]);
    await vi.waitFor(() => expect(states()).toEqual(["processing", "processing"]));
    expect(there.content("u1")).toBe("y".repeat(40));
  });

  it("leaves alone what another tab is at", async () => {
    there.holdParts = true;
    await uploader.add([file("a.mp4")]);
    await vi.waitFor(() => expect(there.begun).toHaveLength(1));
    await vi.waitFor(async () => expect((await there.claims.held()).size).toBe(1));
    const other = create();
    await other.recover();
    expect(other.uploads.value).toEqual([]);
  });

  it("checks before it sends: empty, no video, there already", async () => {
    const image = new File(["x"], "a.png", { type: "image/png" });
    await uploader.add([file("empty.mp4", ""), image, file("known.mp4")]);
    expect(states()).toEqual(["failed", "failed", "doubled"]);
    expect(there.begun).toEqual([]);
    there.holdParts = true;
    await uploader.add([file("a.mp4"), file("a.mp4")]);
    expect(states().slice(3)).toEqual(["sending", "doubled"]);
    there.holdParts = false;
    uploader.retry("upload-3");
    await vi.waitFor(() => expect(states()[2]).toBe("processing"));
  });

  it("tells the API what is changed while it is sent, and before it has heard of it", async () => {
    there.holdBegin = true;
    await uploader.add([file("a.mp4")]);
    await vi.waitFor(() => expect(there.begun).toHaveLength(1));
    uploader.rename("upload-1", "Before");
    there.holdParts = true;
    there.holdBegin = false;
    await vi.waitFor(() => expect(edits).toEqual([["u1", { title: "Before" }]]));
    uploader.show("upload-1", "public");
    expect(edits[1]).toEqual(["u1", { visibility: "public" }]);
  });

  it("is done when the answer to the last call was lost", async () => {
    there.loseComplete = true;
    await uploader.add([file("a.mp4")]);
    await vi.waitFor(() => expect(states()).toEqual(["processing"]));
    expect(there.completions).toBe(2);
  });

  it("begins anew when the API has forgotten it", async () => {
    there.stopAfter = 0;
    await uploader.add([file("a.mp4")]);
    await vi.waitFor(() => expect(there.begun).toHaveLength(1));
    uploader.pause("upload-1");
    there.forget("u1");
    there.stopAfter = null;
    uploader.resume("upload-1");
    await vi.waitFor(() => expect(states()).toEqual(["failed"]));
    uploader.retry("upload-1");
    await vi.waitFor(() => expect(states()).toEqual(["processing"]));
    expect(there.content("u2")).toBe("0123456789");
  });

  it("holds no more of a 6 GB file than the parts on their way", async () => {
    const size = 6 * 2 ** 30;
    there = store({ partSize: 8 * 2 ** 20, keepContent: false });
    uploader = create();
    let slices = 0;
    let whole = 0;
    const huge = {
      name: "huge.mp4",
      type: "video/mp4",
      size,
      lastModified: 1,
      slice: (from: number, to = size) => {
        slices += 1;
        whole += to - from;
        // A slice is a reference: bytes are made only for those that are read, the fingerprint's.
        const blob = new Blob([new Uint8Array(Math.min(65536, to - from))]);
        return Object.defineProperty(blob, "size", { value: to - from });
      },
      arrayBuffer: () => Promise.reject(new Error("the whole file was read")),
    } as unknown as File;
    await uploader.add([huge]);
    await vi.waitFor(() => expect(states()).toEqual(["processing"]), { timeout: 20_000 });
    expect(there.arrivedParts("u1")).toBe(768);
    expect(there.mostPutting).toBeLessThanOrEqual(8);
    expect(slices).toBeLessThan(768 + 10);
    expect(whole).toBeLessThan(size + 10 * 2 ** 20);
  });

  it("counts a lost line as trouble, not as an end", async () => {
    expect(unreachable.ok).toBe(false);
    there.fail("put", 1);
    const seen: boolean[] = [];
    const unsubscribe = uploader.uploads.subscribe((rows) => {
      const [row] = rows;
      if (row?.state === "sending" && seen.at(-1) !== row.stalled) seen.push(row.stalled);
    });
    await uploader.add([file("a.mp4")]);
    await vi.waitFor(() => expect(states()).toEqual(["processing"]));
    unsubscribe();
    expect(seen).toEqual([false, true, false]);
  });
});
