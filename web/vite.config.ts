// The build: one hashed entry, lazy chunks for the watch page and the player; in development the API is proxied.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const api = process.env.FANTAIL_URL ?? "http://127.0.0.1:8080";

/** The server sends a file's `.br` or `.gz` where the browser takes it: compressed once, here, as well as it goes. */
const compressed: Plugin = {
  name: "compressed",
  apply: "build",
  writeBundle({ dir = "dist" }) {
    for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
      if (!/\.(js|css|html|svg)$/.test(name)) continue;
      const file = join(dir, name);
      const content = readFileSync(file);
      writeFileSync(`${file}.br`, brotliCompressSync(content));
      writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
    }
  },
};

export default defineConfig({
  plugins: [compressed],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    // Inlined data: URLs would need a wider CSP and are never cached on their own.
    assetsInlineLimit: 0,
    // The player chunk is full hls.js (the audio group needs it) and is loaded only where something plays.
    chunkSizeWarningLimit: 900,
    reportCompressedSize: true,
    rolldownOptions: {
      input: ["index.html", "embed.html"],
      output: {
        // Two chunks for what pages share, instead of twenty small ones that come one after the other.
        codeSplitting: {
          groups: [
            { name: "vendor", test: /node_modules[\\/](@?preact|openapi)/ },
            {
              name: "common",
              test: /[\\/]src[\\/](?!player|strings[\\/]de|strings[\\/]reasons)/,
              minShareCount: 2,
            },
          ],
        },
      },
    },
  },
  server: { host: "127.0.0.1", proxy: { "/api": api, "/auth": api, "/v": api } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
