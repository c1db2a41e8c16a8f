// The build: one hashed entry, lazy chunks for the watch page and the player; in development the API is proxied.
import { defineConfig } from "vitest/config";

const api = process.env.FANTAIL_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    // Inlined data: URLs would need a wider CSP and are never cached on their own.
    assetsInlineLimit: 0,
    // The player chunk is full hls.js (the audio group needs it) and is loaded only where something plays.
    chunkSizeWarningLimit: 900,
    reportCompressedSize: true,
    rolldownOptions: { input: ["index.html", "embed.html"] },
  },
  server: { host: "127.0.0.1", proxy: { "/api": api, "/auth": api, "/v": api } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
