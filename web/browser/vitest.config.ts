// The browser tests: one file after the other, against a running stack at FANTAIL_URL.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["browser/**/*.test.ts"],
    globalSetup: ["browser/setup.ts"],
    reporters: ["verbose", "./browser/closing-line.ts"],
    fileParallelism: false,
    // On a busy machine five encoders share two cores with the browser.
    testTimeout: 180_000,
    hookTimeout: 240_000,
  },
});
