// Uploads that cannot be lost: several files, the API killed and the page reloaded in the middle, and all of them arrive.
import { createHash } from "node:crypto";
import { appendFileSync, copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Clips, makeClips, TITLE } from "./clips";
import { chooseFiles, launch, screenshot, throttleUpload, uploadRow, visit } from "./session";
import { killApi, ourVideos, readVideo, until, videoStatus } from "./stack";

/** Three parts each: room enough to be interrupted in. */
const BYTES = 20 << 20;
const NAMES = [`${TITLE} one`, `${TITLE} two`];

describe("several uploads", () => {
  let browser: Browser;
  let clips: Clips;
  let files: string[];

  beforeAll(async () => {
    clips = makeClips();
    files = NAMES.map((name, place) => padded(clips, name, place));
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    clips?.remove();
  });

  it("go on over a killed API and a reloaded page, and arrive whole", async () => {
    const { page, close } = await visit(browser, "/upload");
    page.on("dialog", (dialog) => void dialog.accept());
    await throttleUpload(page, 3_000_000);
    await chooseFiles(page, ...files);
    const [name = ""] = NAMES;
    const row = uploadRow(page, name);
    await until(
      () => row.getAttribute("data-video"),
      (id) => id !== null,
      "a link from the first second",
    );
    const id = (await row.getAttribute("data-video")) ?? "";
    await row.getByRole("textbox", { name: "Title" }).fill(`${name} renamed`);
    await row.getByRole("textbox", { name: "Title" }).press("Tab");
    await row.getByRole("combobox").selectOption("unlisted");
    await until(
      () => readVideo(id),
      (video) => video.title === `${name} renamed` && video.visibility === "unlisted",
      "title and visibility to be changed while it is sent",
    );
    await percent(page, name, 5);
    await screenshot(page, "upload-several");

    await killApi();
    const before = await percent(page, name, 0);
    await percent(page, name, before + 1);

    // One part at least lies in the bucket when the page goes.
    await percent(page, name, 50);
    await page.reload();
    await page.locator("[data-upload=unfinished]").nth(1).waitFor();
    expect(await page.locator(".unfinished").innerText()).toContain("2 unfinished uploads");
    await screenshot(page, "upload-unfinished");
    await throttleUpload(page, -1);
    await chooseFiles(page, ...files);
    const ids = await page
      .locator("[data-upload]")
      .evaluateAll((rows) => rows.map((one) => one.getAttribute("data-video") ?? ""));
    expect(ids, "no upload began anew").toHaveLength(2);
    expect(ids).toContain(id);
    await page.locator("[data-upload=processing]").nth(1).waitFor({ timeout: 120_000 });
    for (const one of ids) {
      const video = await until(
        () => readVideo(one),
        (now) => now.duration_seconds != null,
        "a worker to have read the file",
      );
      expect(video.source.size_bytes).toBe(BYTES);
      expect(video.state).not.toBe("rejected");
    }
    await close();
  });

  it("say that there is a video of the file already, and upload it when told to", async () => {
    const { page, close } = await visit(browser, "/");
    await page.locator(".card").first().waitFor();
    await chooseFiles(page, files[1] ?? "");
    const row = page.locator("[data-upload=doubled]");
    await row.waitFor();
    await row.getByRole("button", { name: /anyway/ }).click();
    await page.locator("[data-upload=processing]").waitFor({ timeout: 60_000 });
    await close();
  });

  it("pause, resume, and leave nothing behind when they are cancelled", async () => {
    const { page, close } = await visit(browser, "/");
    await throttleUpload(page, 1_000_000);
    const name = `${TITLE} three`;
    await chooseFiles(page, padded(clips, name, 3));
    const row = uploadRow(page, name);
    await percent(page, name, 1);
    const id = (await row.getAttribute("data-video")) ?? "";
    await row.getByRole("button", { name: /^Pause/ }).click();
    await page.locator("[data-upload=paused]").waitFor();
    await row.getByRole("button", { name: /^Resume/ }).click();
    await page.locator("[data-upload=sending]").waitFor();
    await row.getByRole("button", { name: /^Cancel/ }).click();
    await page.locator("[data-upload=cancelled]").waitFor();
    await until(
      () => videoStatus(id),
      (status) => status === 404,
      "the video to be gone",
    );
    expect((await ourVideos()).map((video) => video.id)).not.toContain(id);
    await close();
  });

  it("wait while the device is offline, and go on by themselves", async () => {
    const { page, close } = await visit(browser, "/");
    await throttleUpload(page, 1_500_000);
    const name = `${TITLE} four`;
    await chooseFiles(page, padded(clips, name, 4));
    await percent(page, name, 1);
    await page.context().setOffline(true);
    await page.locator("[data-banner]").waitFor();
    await screenshot(page, "upload-offline");
    await page.context().setOffline(false);
    await throttleUpload(page, -1);
    await page.locator("[data-upload=processing]").waitFor({ timeout: 90_000 });
    await close();
  });
});

/** Waits until more than `least` percent are sent; answers with how many. */
function percent(page: Page, title: string, least: number): Promise<number> {
  const bar = uploadRow(page, title).getByRole("progressbar").first();
  return until(
    async () => Number(await bar.getAttribute("aria-valuenow")),
    (now) => now >= least,
    `${least} % of ${title}`,
    60_000,
  );
}

/** The clip with a box behind it that says nothing: as large as it has to be, and quickly made of. */
function padded(clips: Clips, name: string, seed: number): string {
  const file = join(clips.folder, `${name}.mp4`);
  copyFileSync(clips.landscape, file);
  const size = BYTES - readFileSync(file).length;
  const box = Buffer.alloc(size);
  box.writeUInt32BE(size, 0);
  box.write("free", 4, "latin1");
  // No two files are alike.
  createHash("sha256").update(`${name} ${seed}`).digest().copy(box, 8);
  appendFileSync(file, box);
  return file;
}
