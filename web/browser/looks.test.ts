// Every screen in light and dark, on a desk and a phone: accessible, no wider than the window, and pictured.
import AxeBuilder from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DESKTOP, launch, NARROWEST, PHONE, screenshot, type Visit, visit } from "./session";
import { NOBODY, readyVideo, until } from "./stack";

describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
  let browser: Browser;
  let id: string;

  beforeAll(async () => {
    browser = await launch();
    id = await readyVideo();
  });

  afterAll(() => browser?.close());

  const open = (path: string, viewport: { width: number; height: number }) =>
    visit(browser, path, { colorScheme, viewport, reducedMotion: "reduce" });

  // How narrow a page can be does not depend on its colours.
  const all = colorScheme === "light" ? { DESKTOP, PHONE, NARROWEST } : { DESKTOP, PHONE };
  const few = colorScheme === "light" ? { NARROWEST } : { DESKTOP };
  const screens = [
    { name: "library", path: () => "/", settled: ".card img", sizes: all },
    { name: "watch", path: () => `/watch/${id}`, settled: "media-time-range", sizes: all },
    { name: "manage", path: () => `/manage/${id}`, settled: ".posters img", sizes: all },
    { name: "upload", path: () => "/upload", settled: ".notice-drop", sizes: few },
    { name: "gone", path: () => `/watch/${NOBODY}`, settled: ".notice h1", sizes: few },
  ];

  for (const { name, path, settled, sizes } of screens) {
    for (const [size, viewport] of Object.entries(sizes)) {
      it(`${name}, ${size}: axe finds nothing, nothing sticks out`, async () => {
        const here = await open(path(), viewport);
        await here.page.locator(settled).first().waitFor({ state: "attached" });
        // Posters and the first frame.
        await here.page.waitForTimeout(700);
        await screenshot(here.page, `${name}-${size.toLowerCase()}-${colorScheme}`);
        await check(here);
      });
    }
  }

  it("the menu: axe finds nothing", async () => {
    const here = await open(`/watch/${id}`, PHONE);
    await here.page.getByRole("button", { name: "Menu" }).click();
    await here.page.getByRole("combobox", { name: "Language" }).waitFor();
    await screenshot(here.page, `menu-phone-${colorScheme}`);
    await check(here);
  });

  it("the delete dialog: axe finds nothing", async () => {
    const here = await open(`/manage/${id}`, PHONE);
    await here.page.getByRole("button", { name: "Delete" }).click();
    await here.page.getByRole("dialog").waitFor();
    await screenshot(here.page, `delete-phone-${colorScheme}`);
    await check(here);
  });

  it("the quality menu: axe finds nothing, and every rung is in it", async () => {
    const here = await open(`/watch/${id}`, DESKTOP);
    await here.page.locator("media-rendition-menu-button").click();
    const items = here.page.locator("media-rendition-menu media-chrome-menu-item");
    await until(
      () => items.allInnerTexts(),
      (texts) => texts.length === 3,
      "Auto, 480p and 720p in the menu",
      15_000,
    );
    await screenshot(here.page, `quality-menu-${colorScheme}`);
    await check(here);
  });
});

async function check({ page, close }: Visit): Promise<void> {
  expect(await violationsOf(page)).toEqual([]);
  expect(await page.locator(":not(:defined)").count(), "custom elements that nobody registered").toBe(0);
  expect(await overhang(page), "px that something sticks out").toBeLessThanOrEqual(0);
  await close();
}

async function violationsOf(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`);
}

/** How far the page sticks out of the window, or what is in a box out of the box's padding. */
function overhang(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const inside = [...document.querySelectorAll("main section > :not(dialog), .card > *, .upload > *")].map(
      (part) => {
        const box = part.parentElement as HTMLElement;
        const end = box.getBoundingClientRect().right - Number.parseFloat(getComputedStyle(box).paddingRight);
        return Math.floor(part.getBoundingClientRect().right - end);
      },
    );
    return Math.max(scrollWidth - clientWidth, ...inside);
  });
}
