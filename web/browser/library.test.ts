// The library as a place to work in: names, searching, many at once, languages, and how little it weighs.
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Video } from "../src/api/types";
import { TITLE } from "./clips";
import { card, launch, screenshot, visit } from "./session";
import { ourVideos, readVideo, until, upload, videoStatus } from "./stack";

/** Of script, compressed, for the page of the library. */
const MOST_SCRIPT_BYTES = 60 * 1024;

describe("the library", () => {
  let browser: Browser;
  let videos: Video[];

  beforeAll(async () => {
    browser = await launch();
    const text = new TextEncoder().encode("no video at all");
    videos = [];
    for (const name of ["apple", "pear", "plum"])
      videos.push(await upload(`${TITLE} ${name}`, `${name}.mp4`, text));
  });

  afterAll(() => browser?.close());

  it("is renamed where it stands, by keyboard alone", async () => {
    const { page, close, faults } = await visit(browser, "/");
    const [apple] = videos;
    await card(page, `${TITLE} apple`)
      .getByRole("button", { name: /^Rename/ })
      .focus();
    await page.keyboard.press("Enter");
    await page.getByRole("textbox", { name: "Title" }).fill(`${TITLE} quince`);
    await page.keyboard.press("Enter");
    await card(page, `${TITLE} quince`).waitFor();
    expect((await readVideo(apple?.id ?? "")).title).toBe(`${TITLE} quince`);
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toContain("Rename");
    expect(faults).toEqual([]);
    await close();
  });

  it("deletes those that are selected, and no others", async () => {
    const { page, close } = await visit(browser, "/");
    for (const name of ["quince", "pear"]) await card(page, `${TITLE} ${name}`).getByRole("checkbox").check();
    await screenshot(page, "library-selection");
    await page.getByRole("region", { name: "Selection" }).getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete 2 videos" }).click();
    await card(page, `${TITLE} pear`).waitFor({ state: "detached" });
    const left = await Promise.all(videos.map((video) => videoStatus(video.id)));
    expect(left).toEqual([404, 404, 200]);
    await close();
  });

  it("shows five hundred videos, page by page", async () => {
    const { page, close, faults } = await visit(browser, "about:blank");
    const [like] = await ourVideos();
    // As many as this in the stack would take longer than all other tests: the list alone is made up.
    await page.route(/\/api\/videos\?/, async (route) => {
      const params = new URL(route.request().url()).searchParams;
      const from = Number(params.get("cursor") ?? 0);
      const limit = Number(params.get("limit"));
      const some = Array.from({ length: Math.min(limit, 500 - from) }, (_, place) => {
        const number = 999 - from - place;
        return { ...like, id: `01900000-0000-7000-8000-000000000${number}`, title: `Number ${number}` };
      });
      const next_cursor = from + limit < 500 ? String(from + limit) : null;
      await route.fulfill({ json: { videos: some, next_cursor } });
    });
    await page.goto("/");
    await until(
      async () => {
        await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
        return page.locator(".card").count();
      },
      (count) => count >= 500,
      "all five hundred cards",
    );
    const more = page.locator(".load-more");
    await until(
      () => more.count(),
      (count) => count === 0,
      "the end of the list",
    );
    expect(faults).toEqual([]);
    await close();
  });

  it("speaks another language and turns dark when told to, and keeps both", async () => {
    const { page, close } = await visit(browser, "/");
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("combobox", { name: "Language" }).selectOption("de");
    await page.getByRole("radio", { name: "Dunkel" }).check();
    await page.reload();
    await page.getByRole("button", { name: "Hochladen" }).waitFor();
    const look = await page.evaluate(() => ({
      lang: document.documentElement.lang,
      scheme: getComputedStyle(document.documentElement).colorScheme,
    }));
    expect(look).toEqual({ lang: "de", scheme: "dark" });
    await screenshot(page, "library-german");
    await close();
  });

  it("weighs little, and loads no player", async () => {
    const { page, close } = await visit(browser, "about:blank");
    const scripts = new Map<string, number>();
    page.on("response", async (response) => {
      if (response.request().resourceType() !== "script") return;
      scripts.set(response.url(), gzipSync(await response.body()).length);
    });
    await page.goto("/", { waitUntil: "load" });
    await page.locator(".card").first().waitFor();
    await page.waitForTimeout(500);
    const bytes = [...scripts.values()].reduce((sum, one) => sum + one, 0);
    expect(scripts.size).toBeGreaterThan(0);
    expect(bytes, [...scripts].join(" ")).toBeLessThan(MOST_SCRIPT_BYTES);
    expect([...scripts.keys()].join()).not.toContain("player");
    await close();
  });
});
