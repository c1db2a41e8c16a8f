// A browser, and pages that remember what went wrong on them.
import { mkdirSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { BASE } from "./stack";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

export type Visit = {
  page: Page;
  /** What the console called an error, uncaught exceptions, and violations of the CSP. */
  faults: string[];
  close: () => Promise<void>;
};

export async function visit(
  browser: Browser,
  path: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ baseURL: BASE, viewport: DESKTOP, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(path);
  return { page, faults, close: () => context.close() };
}

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 375, height: 780 };
export const NARROWEST = { width: 320, height: 640 };

const SCREENSHOTS = new URL("../screenshots/", import.meta.url).pathname;

export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  // What sticks to the window would be in the middle of a long picture.
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage: true });
}

/** The rows of this tab's uploads and the cards of the library, by title. */
export const uploadRow = (page: Page, title: string): Locator =>
  page.locator("[data-upload]", { hasText: title });
export const card = (page: Page, title: string): Locator => page.locator(".card", { hasText: title });

export async function chooseFiles(page: Page, ...files: string[]): Promise<void> {
  await page.locator('input[type="file"]').first().setInputFiles(files);
}

/** Slows down what the page sends, in bytes per second. */
export async function throttleUpload(page: Page, bytesPerSecond: number): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: bytesPerSecond,
  });
}
