// What goes wrong is said in words, and goes away when it is over.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Clips, makeClips, TITLE } from "./clips";
import { card, chooseFiles, launch, screenshot, throttleUpload, uploadRow, visit } from "./session";
import { NOBODY, ourVideos, readVideo, until, videoStatus } from "./stack";

describe("when something is wrong", () => {
  let browser: Browser;
  let clips: Clips;

  beforeAll(async () => {
    clips = makeClips();
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    clips?.remove();
  });

  it("says why a file that is no video was rejected, and deletes it when asked", async () => {
    const { page, close } = await visit(browser, "/");
    const title = `${TITLE} text`;
    await chooseFiles(page, clips.text);
    const row = uploadRow(page, title);
    const fault = row.locator(".fault");
    await fault.waitFor({ timeout: 90_000 });
    const id = (await row.getAttribute("data-video")) ?? "";
    const video = await readVideo(id);
    expect(video.state).toBe("rejected");
    expect(video.reason?.message).toBeTruthy();
    expect(await fault.innerText()).toContain(video.reason?.message);
    await screenshot(page, "upload-rejected");

    await card(page, title).getByRole("link").click();
    await page.waitForURL(`**/watch/${id}`);
    await page.locator(".stage-fault").waitFor();
    expect(await page.locator(".stage-fault").innerText()).toContain(video.reason?.message);
    await screenshot(page, "watch-rejected");

    await page.getByRole("link", { name: "Edit" }).click();
    await page.waitForURL(`**/manage/${id}`);
    const ask = () => page.getByRole("button", { name: "Delete" }).click();
    await ask();
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    expect(await videoStatus(id), "Escape deletes nothing").toBe(200);

    await ask();
    await dialog.getByRole("textbox").press("Enter");
    await page.waitForTimeout(300);
    expect(await videoStatus(id), "nothing is deleted before the word is typed").toBe(200);
    await dialog.getByRole("textbox").fill("delete");
    await dialog.getByRole("button", { name: "Delete video" }).click();
    await page.waitForURL((url) => url.pathname === "/");
    await card(page, title).waitFor({ state: "detached" });
    expect(await videoStatus(id)).toBe(404);
    await close();
  });

  it("refuses an empty file before it is sent", async () => {
    const { page, close } = await visit(browser, "/");
    let sent = false;
    page.on("request", (request) => {
      if (request.method() === "POST") sent = true;
    });
    const empty = { name: `${TITLE} empty.mp4`, mimeType: "video/mp4", buffer: Buffer.alloc(0) };
    await page.locator('input[type="file"]').first().setInputFiles(empty);
    expect(await uploadRow(page, `${TITLE} empty`).innerText()).toContain("empty");
    expect(sent).toBe(false);
    await close();
  });

  it("cancels an upload, and nothing of it becomes a playable video", async () => {
    const { page, close } = await visit(browser, "/");
    const title = `${TITLE} landscape`;
    const before = new Set((await ourVideos()).map((video) => video.id));
    await throttleUpload(page, 60_000);
    await chooseFiles(page, clips.landscape);
    const row = uploadRow(page, title);
    // Other tests may have uploaded it: then the page asks first.
    const anyway = row.getByRole("button", { name: /anyway/ });
    await anyway.or(row.getByRole("progressbar")).first().waitFor();
    if (await anyway.isVisible()) {
      await anyway.click();
    }
    await until(
      async () => Number(await row.getByRole("progressbar").getAttribute("aria-valuenow")),
      (percent) => percent > 0,
      "the upload to be under way",
    );
    await row.getByRole("button", { name: /^Cancel/ }).click();
    await page.locator("[data-upload=cancelled]").waitFor();
    await page.waitForTimeout(1500);
    const born = (await ourVideos()).filter((video) => !before.has(video.id) && video.playlist_url != null);
    expect(born).toEqual([]);
    await close();
  });

  it("takes dropped files anywhere on the page", async () => {
    const { page, close } = await visit(browser, "/");
    const drag = await page.evaluateHandle((name) => {
      const data = new DataTransfer();
      data.items.add(new File([], name, { type: "video/mp4" }));
      return data;
    }, `${TITLE} dropped.mp4`);
    await page.dispatchEvent("body", "dragenter", { dataTransfer: drag });
    await page.locator(".drop-overlay").waitFor();
    await screenshot(page, "drop");
    await page.dispatchEvent("body", "drop", { dataTransfer: drag });
    await page.locator(".drop-overlay").waitFor({ state: "detached" });
    await uploadRow(page, `${TITLE} dropped`).waitFor();
    await close();
  });

  it("says that there is no such video", async () => {
    const { page, close } = await visit(browser, `/watch/${NOBODY}`);
    await page.getByRole("heading", { name: "There is no such video" }).waitFor();
    await screenshot(page, "watch-unknown");
    await close();
  });

  it("says that there is no such page", async () => {
    const { page, close } = await visit(browser, "/no/such/page");
    await page.getByRole("heading", { name: "Page not found" }).waitFor();
    await close();
  });

  it("shows a banner while the API is away, and goes on by itself", async () => {
    const { page, close } = await visit(browser, "about:blank");
    await page.route("**/api/**", (route) => route.abort("connectionrefused"));
    await page.goto("/");
    await page.locator("[data-banner]").waitFor();
    await page.getByText("could not be loaded").waitFor();
    await screenshot(page, "library-api-away");
    await page.unroute("**/api/**");
    await page.locator("[data-banner]").waitFor({ state: "detached", timeout: 30_000 });
    await page.locator(".grid, .notice-drop").waitFor();
    await close();
  });
});
