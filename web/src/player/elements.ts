// Registers the custom elements that the player uses, and no others.
import "hls-video-element";
import "media-chrome/media-controller";
import "media-chrome/media-control-bar";
import "media-chrome/media-error-dialog";
import "media-chrome/media-fullscreen-button";
import "media-chrome/media-loading-indicator";
import "media-chrome/media-mute-button";
import "media-chrome/media-pip-button";
import "media-chrome/media-play-button";
import "media-chrome/media-poster-image";
import "media-chrome/media-seek-backward-button";
import "media-chrome/media-seek-forward-button";
import "media-chrome/media-time-display";
import "media-chrome/media-time-range";
import "media-chrome/media-volume-range";
// What the menus make their items of; they do not register it themselves.
import "media-chrome/menu/media-chrome-menu-item";
import "media-chrome/menu/media-captions-menu";
import "media-chrome/menu/media-captions-menu-button";
import "media-chrome/menu/media-playback-rate-menu";
import "media-chrome/menu/media-playback-rate-menu-button";
import "media-chrome/menu/media-rendition-menu";
import "media-chrome/menu/media-rendition-menu-button";
