// The page of a video that cannot be shown: says why, and where to go.
import type { ComponentChildren } from "preact";
import { messageOf } from "../api/client";
import { usePage } from "../page";
import { strings } from "../strings";
import type { Looking } from "../use-video";
import { LockIcon } from "./icons";
import { Mark } from "./mark";

export function Absent({ looking }: { looking: Exclude<Looking, { state: "here" }> }) {
  const words = strings.watch;
  switch (looking.state) {
    case "reading":
      return <div class="stage" role="status" aria-label={strings.loading} />;
    case "deleted":
      return <Notice title={words.deleted} hint={null} />;
    case "gone":
      return <Notice title={words.gone} hint={words.goneHint} />;
    case "private":
      return <Notice title={words.privateTitle} hint={words.privateHint} picture={<LockIcon />} />;
    case "failed":
      return <Notice title={words.loadFailed} hint={messageOf(looking.failure)} />;
  }
}

type Props = { title: string; hint: string | null; picture?: ComponentChildren };

function Notice({ title, hint, picture = <Mark large /> }: Props) {
  const heading = usePage(title);
  return (
    <section class="notice">
      {picture}
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {hint !== null && <p>{hint}</p>}
      <a class="button" href="/">
        {strings.watch.back}
      </a>
    </section>
  );
}
