// What the uploader needs of a browser: patience that knows whether the device is online, and locks between tabs.
import type { Patience } from "../uploading/again";
import type { Claims } from "../uploading/api";

export const patience: Patience = {
  random: Math.random,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        removeEventListener("online", end);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      // Back on the line: no reason to wait for the rest of the pause.
      addEventListener("online", end);
      signal.addEventListener("abort", end);
    }),
  online: (signal) =>
    new Promise((resolve) => {
      if (navigator.onLine || signal.aborted) return resolve();
      const end = () => {
        removeEventListener("online", end);
        signal.removeEventListener("abort", end);
        resolve();
      };
      addEventListener("online", end);
      signal.addEventListener("abort", end);
    }),
};

const PREFIX = "fantail-upload-";

/** By the browser's own locks, which end with their tab; where there are none, tabs know nothing of each other. */
export const claims: Claims = {
  hold(id) {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    void navigator.locks?.request(PREFIX + id, () => held);
    return release;
  },
  async held() {
    const locks = await navigator.locks?.query();
    const names = (locks?.held ?? []).map((lock) => lock.name ?? "");
    return new Set(names.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length)));
  },
};
