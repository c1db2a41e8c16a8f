// What this browser's owner has chosen: appearance and language. Kept in local storage, which may be refused.
import { signal } from "@preact/signals";
import { bestLanguage, LANGUAGES, type Language, speak, strings } from "./strings";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
export type LanguageChoice = Language | "auto";

export const theme = signal<Theme>(stored("theme", THEMES, "system"));
export const language = signal<LanguageChoice>(stored("language", ["auto", ...LANGUAGES], "auto"));

export function chooseTheme(next: Theme): void {
  theme.value = next;
  keep("theme", next);
  applyTheme();
}

export async function chooseLanguage(next: LanguageChoice): Promise<void> {
  language.value = next;
  keep("language", next);
  await applyLanguage();
}

/** Before the first drawing. */
export async function applyPreferences(): Promise<void> {
  applyTheme();
  await applyLanguage();
}

/** Motion that nobody asked for: not for whom it disturbs, nor where data is dear. */
export function mayMove(): boolean {
  const connection = (navigator as Navigator & { connection?: { saveData?: boolean } }).connection;
  const dislikes = (query: string) => matchMedia(query).matches;
  return (
    !dislikes("(prefers-reduced-motion: reduce)") &&
    !dislikes("(prefers-reduced-data: reduce)") &&
    connection?.saveData !== true
  );
}

function applyTheme(): void {
  const root = document.documentElement;
  if (theme.value === "system") delete root.dataset.theme;
  else root.dataset.theme = theme.value;
}

async function applyLanguage(): Promise<void> {
  const choice = language.value;
  await speak(choice === "auto" ? bestLanguage(navigator.languages) : choice);
  document.documentElement.lang = strings.language;
}

function stored<T extends string>(name: string, allowed: readonly T[], otherwise: T): T {
  try {
    const value = localStorage.getItem(`fantail.${name}`);
    return allowed.find((one) => one === value) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`fantail.${name}`, value);
  } catch {
    // Then it holds as long as the page.
  }
}
