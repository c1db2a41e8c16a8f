// What surrounds every page: header, banner, the live region.
import { announcement, library, link, online } from "../app-state";
import { strings } from "../strings";
import { FileButton } from "./file-button";
import { AlertIcon } from "./icons";
import { Mark } from "./mark";
import { Menu } from "./menu";

export function Header() {
  return (
    <header class="header">
      <a class="skip" href="#content">
        {strings.skipToContent}
      </a>
      <div class="header-row">
        <a class="brand" href="/" aria-label={strings.home}>
          <Mark />
          <span>{strings.product}</span>
        </a>
        <div class="header-end">
          <FileButton />
          <Menu />
        </div>
      </div>
    </header>
  );
}

/** Says that the API is away, and goes when it is back. */
export function Banner() {
  const trouble = troubleNow();
  return (
    <div role="status" class="banner-place">
      {trouble !== null && (
        <p class={`banner banner-${trouble.weight}`} data-banner>
          <AlertIcon />
          <span>{trouble.text}</span>
        </p>
      )}
    </div>
  );
}

function troubleNow(): { weight: "loud" | "soft"; text: string } | null {
  if (!online.value) return { weight: "loud", text: strings.errors.offline };
  if (!library.reachable.value) return { weight: "loud", text: strings.errors.down };
  const asking = link.value.state === "away" && library.loaded.value;
  return asking ? { weight: "soft", text: strings.library.liveOff } : null;
}

export function LiveRegion() {
  return (
    <div class="unseen" aria-live="polite">
      {announcement.value}
    </div>
  );
}
