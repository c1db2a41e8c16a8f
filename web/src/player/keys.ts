// What a key does to the player, as a value.

export type KeyAction =
  | { do: "toggle" }
  | { do: "seek"; by: number }
  | { do: "jump"; to: number }
  | { do: "rate"; by: 1 | -1 }
  | { do: "mute" }
  | { do: "captions" }
  | { do: "fullscreen" }
  | { do: "pip" };

type Key = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">;

/** `on` says what the key was pressed on: text takes every key, a control its own. Null: not ours. */
export function keyAction(event: Key, on: "text" | "control" | "page"): KeyAction | null {
  if (on === "text" || event.ctrlKey || event.metaKey || event.altKey) return null;
  switch (event.key) {
    case " ":
      return on === "page" ? { do: "toggle" } : null;
    case "ArrowLeft":
      return on === "page" ? { do: "seek", by: -10 } : null;
    case "ArrowRight":
      return on === "page" ? { do: "seek", by: 10 } : null;
    case "<":
      return { do: "rate", by: -1 };
    case ">":
      return { do: "rate", by: 1 };
  }
  if (/^\d$/.test(event.key)) return { do: "jump", to: Number(event.key) / 10 };
  switch (event.key.toLowerCase()) {
    case "k":
      return { do: "toggle" };
    case "j":
      return { do: "seek", by: -10 };
    case "l":
      return { do: "seek", by: 10 };
    case "m":
      return { do: "mute" };
    case "c":
      return { do: "captions" };
    case "f":
      return { do: "fullscreen" };
    case "i":
      return { do: "pip" };
    default:
      return null;
  }
}

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

/** The next rate up or down; the same at the ends. */
export function nextRate(rate: number, by: 1 | -1): number {
  const found = by > 0 ? RATES.find((one) => one > rate) : RATES.findLast((one) => one < rate);
  return found ?? rate;
}
