import { beforeEach, describe, expect, it } from "vitest";
import type { Sending } from "./api/send";
import type { Video } from "./api/types";
import { video } from "./state/fixtures";
import { createUploader, type Uploader } from "./uploader";

describe("the uploader", () => {
  let requests: (Sending & { aborted: boolean })[];
  let taken: Video[];
  let uploader: Uploader;
  const states = () => uploader.uploads.value.map((upload) => upload.state);
  const file = (name: string, content = "x") => new File([content], name);

  beforeEach(() => {
    requests = [];
    taken = [];
    uploader = createUploader({
      transport: (sending) => {
        const request = { ...sending, aborted: false };
        requests.push(request);
        return () => {
          request.aborted = true;
        };
      },
      now: () => 0,
      onVideo: (one) => taken.push(one),
      onNews: () => {},
    });
  });

  it("sends two at a time, the next one when one is answered", () => {
    uploader.add([file("a.mp4"), file("b.mp4"), file("c.mp4")]);
    expect(states()).toEqual(["sending", "sending", "waiting"]);
    requests[0]?.onAnswer({ ok: true, value: video("v") });
    expect(states()).toEqual(["processing", "sending", "sending"]);
    expect(taken.map((one) => one.id)).toEqual(["v"]);
  });

  it("names the video after the file", () => {
    uploader.add([file("My clip.mov")]);
    expect(requests[0]?.url).toBe("/api/videos?title=My+clip&filename=My+clip.mov");
  });

  it("does not send an empty file, and goes on with the others", () => {
    expect(uploader.add([file("empty.mp4", ""), file("b.mp4")])).toBe(1);
    expect(states()).toEqual(["failed", "sending"]);
    expect(requests).toHaveLength(1);
  });

  it("shows the API's words when it refuses", () => {
    uploader.add([file("a.mp4")]);
    const failure = { kind: "problem", status: 413, code: "too_large", message: "Over 10 GB." } as const;
    requests[0]?.onAnswer({ ok: false, failure });
    expect(uploader.uploads.value[0]).toMatchObject({ state: "failed", reason: "Over 10 GB." });
  });

  it("sends again from the start when told to", () => {
    uploader.add([file("a.mp4")]);
    requests[0]?.onAnswer({ ok: false, failure: { kind: "unreachable" } });
    uploader.retry("upload-1");
    expect(states()).toEqual(["sending"]);
    expect(requests).toHaveLength(2);
    expect(requests[1]?.file).toBe(requests[0]?.file);
  });

  it("aborts what is cancelled and gives its place to the next", () => {
    uploader.add([file("a.mp4"), file("b.mp4"), file("c.mp4")]);
    uploader.cancel("upload-1");
    expect(requests[0]?.aborted).toBe(true);
    expect(states()).toEqual(["cancelled", "sending", "sending"]);
  });

  it("takes away rows that are over, and no others", () => {
    uploader.add([file("a.mp4"), file("b.mp4")]);
    uploader.cancel("upload-1");
    uploader.dismiss("upload-1");
    uploader.dismiss("upload-2");
    expect(uploader.uploads.value.map((upload) => upload.key)).toEqual(["upload-2"]);
  });
});
