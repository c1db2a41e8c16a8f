// The player's keys, wherever on the page they are pressed.
import { type KeyAction, keyAction, nextRate } from "./keys";
import type { HlsVideo } from "./stream";

/** Listens until the answer is called. */
export function listenToKeys(media: HlsVideo): () => void {
  const listener = (event: KeyboardEvent) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]") !== null) return;
    const action = keyAction(event, kindOf(event.composedPath()[0]));
    if (action === null) return;
    event.preventDefault();
    perform(action, media);
  };
  document.addEventListener("keydown", listener);
  return () => document.removeEventListener("keydown", listener);
}

function kindOf(target: EventTarget | undefined): "text" | "control" | "page" {
  if (!(target instanceof HTMLElement)) return "page";
  if (
    target.isContentEditable ||
    target.matches("input:not([type=range], [type=checkbox], [type=radio]), textarea, select")
  )
    return "text";
  const control = "a, button, input, summary, [role=button], [role^=menuitem], [role=slider]";
  // The player's buttons are elements of their own that carry the role.
  return target.closest(control) !== null ? "control" : "page";
}

function perform(action: KeyAction, media: HlsVideo): void {
  switch (action.do) {
    case "toggle":
      if (media.paused) void media.play();
      else media.pause();
      return;
    case "seek":
      media.currentTime = Math.min(Math.max(0, media.currentTime + action.by), end(media));
      return;
    case "jump":
      media.currentTime = end(media) * action.to;
      return;
    case "rate":
      media.playbackRate = nextRate(media.playbackRate, action.by);
      return;
    case "mute":
      media.muted = !media.muted;
      return;
    case "captions":
      request(media, "mediatogglesubtitlesrequest");
      return;
    case "fullscreen":
      request(
        media,
        document.fullscreenElement ? "mediaexitfullscreenrequest" : "mediaenterfullscreenrequest",
      );
      return;
    case "pip":
      request(media, document.pictureInPictureElement ? "mediaexitpiprequest" : "mediaenterpiprequest");
  }
}

function end(media: HlsVideo): number {
  return Number.isFinite(media.duration) ? media.duration : 0;
}

/** What the controls ask for in their own words. */
function request(media: HlsVideo, name: string): void {
  media.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true }));
}
