// The main way: choose a file, see it sent and made, watch it while it is made, take it away.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VideoState } from "../src/api/types";
import { isSettled } from "../src/state/ladder";
import { CLIP_SECONDS, type Clips, makeClips, SUBTITLE, TITLE } from "./clips";
import { advanced, play, playBare, playback, seek, startedAt, subtitles } from "./playback";
import {
  card,
  chooseFiles,
  launch,
  screenshot,
  throttleUpload,
  uploadRow,
  type Visit,
  visit,
} from "./session";
import { BASE, readVideo, until } from "./stack";

const title = `${TITLE} landscape`;

describe("from a file to a playing video", () => {
  let browser: Browser;
  let clips: Clips;
  let here: Visit;
  let otherTab: Visit;
  let id: string;
  /** Each different picture of the ladder that was seen, as `audio running 40, …`. */
  const ladders: string[] = [];

  beforeAll(async () => {
    clips = makeClips();
    browser = await launch();
    here = await visit(browser, "/");
    otherTab = await visit(browser, "/");
  });

  afterAll(async () => {
    await browser?.close();
    clips?.remove();
  });

  it("shows the bytes, the percentage and the speed while a file is sent", async () => {
    const { page } = here;
    await throttleUpload(page, 300_000);
    await chooseFiles(page, clips.landscape);
    const row = uploadRow(page, title);
    const bar = row.getByRole("progressbar");
    await until(
      async () => Number(await bar.first().getAttribute("aria-valuenow")),
      (percent) => percent > 0 && percent < 100,
      "a percentage between 0 and 100",
    );
    await until(
      () => row.locator(".figures").innerText(),
      (figures) => /\d.*B of .*\d%.*B\/s.*left/s.test(figures),
      "sent bytes, percentage, speed and time left",
    );
    await screenshot(page, "upload-sending");
    await throttleUpload(page, -1);
  });

  it("turns the row into a ladder that moves by itself", async () => {
    const { page } = here;
    const row = uploadRow(page, title);
    await row.locator("[data-step]").first().waitFor();
    id = (await row.getAttribute("data-video")) ?? "";
    expect(id).toMatch(/^[0-9a-f-]{36}$/);

    let pictured = false;
    const playable = row.locator("[data-action=watch]");
    const end = Date.now() + 150_000;
    // Small clips may be playable at the first look: a ladder that lives goes on from there.
    while (Date.now() < end && !(ladders.length > 1 && (await playable.isVisible()))) {
      const lanes = await row.locator("[data-step]").evaluateAll((all) =>
        all.map((lane) => {
          const percent = lane.querySelector("[role=progressbar]")?.getAttribute("aria-valuenow") ?? "-";
          return `${lane.getAttribute("data-step")} ${lane.getAttribute("data-state")} ${percent}`;
        }),
      );
      if (ladders.at(-1) !== lanes.join()) ladders.push(lanes.join());
      if (!pictured && /(running|playable) \d/.test(lanes.join())) {
        pictured = true;
        await screenshot(page, "upload-ladder");
      }
      await page.waitForTimeout(50);
    }
    expect(await playable.isVisible(), "a Watch button").toBe(true);
    expect(new Set(ladders).size, `different ladders seen: ${ladders.join(" | ")}`).toBeGreaterThanOrEqual(2);
  });

  it("names the rung that does not apply, and why", async () => {
    const lane = uploadRow(here.page, title).locator("[data-step='1080p']");
    expect(await lane.getAttribute("data-state")).toBe("skipped");
    const reason =
      (await readVideo(id)).renditions.find((one) => one.name === "1080p")?.reason?.message ?? "";
    expect(reason).not.toBe("");
    expect(await lane.innerText()).toContain(reason);
  });

  it("plays with picture and sound as soon as it can", async () => {
    const { page } = here;
    await uploadRow(page, title).locator("[data-action=watch]").click();
    await page.waitForURL(`**/watch/${id}`);
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
    await page.locator("hls-video").waitFor({ state: "attached" });
    const playing = await play(page);
    expect(playing.videoWidth).toBeGreaterThanOrEqual(854);
    expect(playing.decodedFrames).toBeGreaterThan(10);
    expect(playing.audioBytes).toBeGreaterThan(0);
    const [player, controls] = await Promise.all(
      ["media-controller", ".player-bars"].map((part) => page.locator(part).boundingBox()),
    );
    expect(bottom(controls), "the controls lie at the bottom").toBeCloseTo(bottom(player), 0);
  });

  it("obeys the keyboard", async () => {
    const { page } = here;
    await page.locator(".player-buttons media-play-button").focus();
    await page.keyboard.press("k");
    // The controls have heard of it, too: a second press before that would pause once more.
    await page.locator("media-controller[mediapaused]").waitFor();
    expect((await playback(page)).paused).toBe(true);
    await page.keyboard.press("k");
    await advanced(page, 0.3);
  });

  it("becomes ready while it is watched", async () => {
    const { page } = here;
    const watch = page.locator(".watch");
    const end = await until(
      () => watch.getAttribute("data-state"),
      (state) => isSettled(state as VideoState),
      "the page to say that it came to an end",
    );
    expect(end, JSON.stringify(await readVideo(id))).toBe("ready");
    const states = await page
      .locator(".renditions [data-step]")
      .evaluateAll((rows) =>
        rows.map((row) => `${row.getAttribute("data-step")} ${row.getAttribute("data-state")}`),
      );
    expect(states).toEqual([
      "audio complete",
      "480p complete",
      "720p complete",
      "1080p skipped",
      "poster complete",
    ]);
    // Folded away until somebody asks.
    expect(await page.locator(".facts").textContent()).toContain("1280 × 720");
  });

  it("plays the whole length once everything is made", async () => {
    const fresh = await visit(browser, `/watch/${id}`);
    await fresh.page.locator("hls-video").waitFor({ state: "attached" });
    const playing = await play(fresh.page);
    expect(Math.abs(playing.duration - CLIP_SECONDS)).toBeLessThan(0.1);
    expect([...playing.heights].sort((a, b) => a - b)).toEqual([480, 720]);
    await seek(fresh.page, CLIP_SECONDS - 2);
    await until(
      () => playback(fresh.page),
      (now) => now.ended,
      "the end to be reached",
      20_000,
    );
    expect(fresh.faults).toEqual([]);
    await fresh.close();
  });

  it("switches to the quality that is chosen in the menu", async () => {
    const fresh = await visit(browser, `/watch/${id}`);
    const { page } = fresh;
    await page.locator("hls-video").waitFor({ state: "attached" });
    await play(page);
    for (const height of [720, 480]) {
      await page.locator("media-rendition-menu-button").click();
      await page.locator("media-rendition-menu").getByText(`${height}p`, { exact: true }).click();
      await until(
        () => playback(page),
        (now) => now.videoHeight === height,
        `a picture ${height} high`,
        20_000,
      );
    }
    await fresh.close();
  });

  it("begins at the beginning of a list that still grows, and plays on to its end", async () => {
    const fresh = await visit(browser, "about:blank");
    const { page } = fresh;
    let grown = false;
    let masters = 0;
    // The media playlists as they were when two segments of each were there.
    await page.route(/\/v\/[^/]+\/[^/]+\.m3u8$/, async (route) => {
      const response = await route.fetch();
      const text = await response.text();
      if (text.includes("#EXT-X-STREAM-INF")) masters += 1;
      const parts = text.split(/(?=#EXTINF)/);
      await route.fulfill({ response, body: grown ? text : parts.slice(0, 3).join("") });
    });
    await page.goto(`/watch/${id}`);
    await page.locator("hls-video").waitFor({ state: "attached" });
    const growing = await play(page);
    expect(await startedAt(page)).toBeLessThan(0.1);
    expect(growing.duration).toBeLessThan(5);
    grown = true;
    // Past what was there at first, and past what is buffered when the list has ended.
    await until(
      () => playback(page),
      (now) => now.currentTime > 5 && Math.abs(now.duration - CLIP_SECONDS) < 0.1,
      "playback to go on into what was made later",
      60_000,
    );
    await seek(page, CLIP_SECONDS - 1);
    await until(
      () => playback(page),
      (now) => now.ended,
      "the end to be reached",
      20_000,
    );
    expect(masters, "the stream was loaded once").toBe(1);
    await fresh.close();
  });

  it("shows the subtitles that are chosen in the menu", async () => {
    const fresh = await visit(browser, `/watch/${id}`);
    const { page } = fresh;
    await page.locator("hls-video").waitFor({ state: "attached" });
    await play(page);
    await page.locator("media-captions-menu-button").click();
    await page.locator("media-captions-menu").getByText("en", { exact: true }).click();
    await until(
      () => subtitles(page),
      (shown) => shown.includes(SUBTITLE),
      "the subtitles to be shown",
      20_000,
    );
    expect(fresh.faults).toEqual([]);
    await fresh.close();
  });

  it("plays without our player: HLS by the browser itself, and the MP4s", async () => {
    const fresh = await visit(browser, "/");
    const sources = [`/v/${id}/master.m3u8`, `/v/${id}/480p.mp4`, `/v/${id}/720p.mp4`];
    for (const source of sources) {
      const played = await playBare(fresh.page, source);
      expect(played.started, source).toBeLessThan(0.1);
      expect(Math.abs(played.duration - CLIP_SECONDS), source).toBeLessThan(0.1);
      expect(played.decodedFrames, source).toBeGreaterThan(10);
      expect(played.audioBytes, source).toBeGreaterThan(0);
      expect([480, 720], source).toContain(played.videoHeight);
    }
    await fresh.close();
  });

  it("offers each rung as an MP4 that is there", async () => {
    const { page } = here;
    const links = await page
      .locator(".renditions a[download]")
      .evaluateAll((all) => all.map((a) => a.getAttribute("href")));
    expect(links).toHaveLength(2);
    for (const rendition of (await readVideo(id)).renditions.filter((one) => one.mp4_url)) {
      expect(links).toContain(rendition.mp4_url);
      const file = await fetch(`${BASE}${rendition.mp4_url}`);
      expect(file.status).toBe(200);
      expect((await file.arrayBuffer()).byteLength).toBe(rendition.mp4_size_bytes);
    }
  });

  it("offers a better quality that was made meanwhile, and goes on at the same place", async () => {
    const fresh = await visit(browser, "about:blank");
    const { page } = fresh;
    // The master playlist as it was when only the smallest rung was there.
    await page.route("**/master.m3u8", async (route) => {
      const response = await route.fetch();
      const blocks = (await response.text()).split(/(?=#EXT-X-STREAM-INF)/);
      const smallest = blocks.filter((block) => !/RESOLUTION=1280x720/.test(block));
      await route.fulfill({ response, body: smallest.join("") });
    });
    await page.goto(`/watch/${id}`);
    await page.locator("hls-video").waitFor({ state: "attached" });
    // Before the first play the page would take the better one without asking: hold that reload back, too.
    const before = await play(page);
    expect(before.heights).toEqual([480]);
    const chip = page.locator(".player-better");
    await chip.waitFor();
    await screenshot(page, "watch-better-quality");
    await page.unroute("**/master.m3u8");
    const left = (await playback(page)).currentTime;
    await chip.click();
    await until(
      () => playback(page),
      (now) => now.heights.length === 2 && !now.paused && now.currentTime > left,
      "both rungs, playing on",
      30_000,
    );
    await chip.waitFor({ state: "detached" });
    await fresh.close();
  });

  it("shows over the time bar what is there", async () => {
    const fresh = await visit(browser, `/watch/${id}`);
    const { page } = fresh;
    await page.locator("hls-video").waitFor({ state: "attached" });
    await play(page);
    const thumbnail = page.locator("media-time-range media-preview-thumbnail");
    let x = 300;
    const shown = async () => {
      // A pointer that rests counts as nobody's, and all of it is hidden.
      x = x === 300 ? 303 : 300;
      await page.locator("media-time-range").hover({ position: { x, y: 8 } });
      const image = await thumbnail.evaluate((element) => {
        const image = element.shadowRoot?.querySelector("img");
        return { width: image?.naturalWidth ?? 0, coords: element.getAttribute("mediapreviewcoords") };
      });
      return { ...image, visible: await thumbnail.isVisible() };
    };
    const { width, coords } = await until(
      shown,
      (now) => now.width > 0 && now.visible,
      "a picture over the time bar",
    );
    expect(width).toBe(5 * 192);
    expect(coords).toMatch(/^\d+ \d+ 192 108$/);
    await screenshot(page, "watch-storyboard");
    expect(fresh.faults).toEqual([]);
    await fresh.close();
  });

  it("plays a silent excerpt under a pointer that rests, but not to whom motion disturbs", async () => {
    for (const reducedMotion of ["no-preference", "reduce"] as const) {
      const fresh = await visit(browser, "/", { reducedMotion });
      const preview = card(fresh.page, title).locator("video");
      await card(fresh.page, title).hover();
      if (reducedMotion === "reduce") {
        await fresh.page.waitForTimeout(1000);
        expect(await preview.count()).toBe(0);
      } else {
        await until(
          () => preview.evaluate((video: HTMLVideoElement) => video.currentTime),
          (time) => time > 0.5,
          "the preview to play",
        );
        expect(await preview.evaluate((video: HTMLVideoElement) => video.muted)).toBe(true);
        await screenshot(fresh.page, "library-preview");
        await fresh.page.locator("h1").hover();
        await preview.waitFor({ state: "detached" });
      }
      expect(fresh.faults).toEqual([]);
      await fresh.close();
    }
  });

  it("showed all of it to another tab, too", async () => {
    await card(otherTab.page, title).locator("[data-state=ready]").waitFor();
    await until(
      () =>
        card(otherTab.page, title)
          .locator("img")
          .evaluate((img: HTMLImageElement) => img.naturalWidth),
      (width) => width > 0,
      "the poster to be shown",
    );
  });

  it("left no error in the console", () => {
    expect([...here.faults, ...otherTab.faults]).toEqual([]);
  });
});

function bottom(box: { y: number; height: number } | null | undefined): number {
  return box ? box.y + box.height : Number.NaN;
}
