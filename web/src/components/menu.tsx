// The menu in the header: where else to go, appearance, language.
import { signal } from "@preact/signals";
import { chooseLanguage, chooseTheme, type LanguageChoice, language, THEMES, theme } from "../preferences";
import { LANGUAGES, strings } from "../strings";
import { Dialog } from "./dialog";
import { Disclosure } from "./disclosure";
import { MenuIcon } from "./icons";

export const shortcutsOpen = signal(false);

export function Menu() {
  const words = strings.menu;
  return (
    <Disclosure face={<MenuIcon />} label={words.open} class="plain icon-only">
      {(close) => (
        <div class="menu">
          <nav aria-label={words.open}>
            <a class="menu-item" href="/" onClick={close}>
              {words.videos}
            </a>
            <a class="menu-item" href="/upload" onClick={close}>
              {strings.upload.title}
            </a>
          </nav>
          <fieldset>
            <legend>{words.theme}</legend>
            <div class="segments">
              {THEMES.map((one) => (
                <label key={one}>
                  <input
                    type="radio"
                    name="theme"
                    value={one}
                    checked={theme.value === one}
                    onChange={() => chooseTheme(one)}
                  />
                  <span>{words.themes[one]}</span>
                </label>
              ))}
            </div>
          </fieldset>
          <label class="field">
            <span>{words.language}</span>
            <select
              value={language.value}
              onChange={(event) => void chooseLanguage(event.currentTarget.value as LanguageChoice)}
            >
              {(["auto", ...LANGUAGES] as const).map((one) => (
                <option key={one} value={one} lang={one === "auto" ? undefined : one}>
                  {words.languages[one]}
                </option>
              ))}
            </select>
          </label>
          <button
            type="button"
            class="plain menu-item"
            onClick={() => {
              close();
              shortcutsOpen.value = true;
            }}
          >
            {words.shortcuts}
          </button>
        </div>
      )}
    </Disclosure>
  );
}

export function Shortcuts() {
  if (!shortcutsOpen.value) return null;
  const words = strings.shortcuts;
  const rows: [keys: string[], does: string][] = [
    [[words.space, "K"], words.playPause],
    [["J", "←"], words.back],
    [["L", "→"], words.forward],
    [["0", "9"], words.tenths],
    [["<"], words.slower],
    [[">"], words.faster],
    [["M"], words.mute],
    [["C"], words.captions],
    [["F"], words.fullscreen],
    [["I"], words.pip],
    [["?"], words.help],
  ];
  return (
    <Dialog
      title={words.title}
      onClose={() => {
        shortcutsOpen.value = false;
      }}
    >
      <p>{words.intro}</p>
      <dl class="keys">
        {rows.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
