// Copies an address to the clipboard and says so.
import { useEffect, useState } from "preact/hooks";
import { announce } from "../app-state";
import { strings } from "../strings";
import { CheckIcon, LinkIcon } from "./icons";

type Copy = "idle" | "copied" | "failed";

type Props = { link: () => string; label?: string; class?: string };

export function CopyLink({ link, label = strings.watch.copyLink, class: name }: Props) {
  const [copy, setCopy] = useState<Copy>("idle");
  useEffect(() => {
    if (copy !== "copied") return;
    const timer = setTimeout(() => setCopy("idle"), 3000);
    return () => clearTimeout(timer);
  }, [copy]);
  const settle = (next: Copy, said: string) => {
    setCopy(next);
    announce(said);
  };
  const write = () =>
    // Absent outside of secure contexts, and a browser may refuse.
    navigator.clipboard === undefined ? Promise.reject() : navigator.clipboard.writeText(link());
  const onClick = () =>
    void write().then(
      () => settle("copied", strings.watch.copied),
      () => settle("failed", strings.watch.copyFailed),
    );
  return (
    <>
      <button type="button" class={name} onClick={onClick}>
        {copy === "copied" ? <CheckIcon /> : <LinkIcon />}
        {copy === "copied" ? strings.watch.copied : label}
      </button>
      {copy === "failed" && <p class="quiet copy-failed">{strings.watch.copyFailed}</p>}
    </>
  );
}
