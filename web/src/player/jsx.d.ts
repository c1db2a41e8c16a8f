// The custom elements of the player, as JSX knows them.
import type { HlsVideo } from "./stream";

type AnyAttributes = { [attribute: string]: unknown };

declare module "preact" {
  namespace JSX {
    interface IntrinsicElements {
      "hls-video": AnyAttributes & { ref?: import("preact").Ref<HlsVideo> };
      "media-captions-menu": AnyAttributes;
      "media-captions-menu-button": AnyAttributes;
      "media-controller": AnyAttributes;
      "media-control-bar": AnyAttributes;
      "media-error-dialog": AnyAttributes;
      "media-fullscreen-button": AnyAttributes;
      "media-loading-indicator": AnyAttributes;
      "media-mute-button": AnyAttributes;
      "media-pip-button": AnyAttributes;
      "media-play-button": AnyAttributes;
      "media-playback-rate-menu": AnyAttributes;
      "media-playback-rate-menu-button": AnyAttributes;
      "media-poster-image": AnyAttributes;
      "media-rendition-menu": AnyAttributes;
      "media-rendition-menu-button": AnyAttributes;
      "media-seek-backward-button": AnyAttributes;
      "media-seek-forward-button": AnyAttributes;
      "media-time-display": AnyAttributes;
      "media-time-range": AnyAttributes;
      "media-volume-range": AnyAttributes;
    }
  }
}
