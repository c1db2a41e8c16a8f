// Everything the page says, in the language that is chosen. Reading it while drawing is enough to be drawn anew when
// the language changes.
import { signal } from "@preact/signals";
import { en, type Strings } from "./strings/en";

export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];

const catalogue = signal<Strings>(en);

export const strings: Strings = new Proxy(en, {
  get: (_, key: keyof Strings) => catalogue.value[key],
});

/** The language with the region that the browser asks for, so that dates are written as people there do. */
export function locale(): string {
  const language = catalogue.value.language;
  const asked = globalThis.navigator?.languages ?? [];
  return asked.find((one) => one === language || one.startsWith(`${language}-`)) ?? language;
}

/** The first of the browser's languages that there is a catalogue of. */
export function bestLanguage(asked: readonly string[]): Language {
  for (const tag of asked) {
    const found = LANGUAGES.find((language) => tag.toLowerCase().split("-")[0] === language);
    if (found !== undefined) return found;
  }
  return "en";
}

/** Catalogues other than English are fetched when they are asked for; where that fails English stays. */
export async function speak(language: Language): Promise<void> {
  if (language === "en") {
    catalogue.value = en;
    return;
  }
  try {
    catalogue.value = (await import("./strings/de")).de;
  } catch {
    catalogue.value = en;
  }
}
