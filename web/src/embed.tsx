// The page that only plays: what share links lead to, and what other sites frame.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Answer, messageOf, readShared, readVideo } from "./api/client";
import type { Video } from "./api/types";
import { Stage } from "./components/stage";
import { type Address, addressOf, isSettling } from "./state/address";
import "./styles/base.css";
import "./styles/watch.css";
import "./styles/embed.css";

/** How often a video that is still being made is asked for again. */
const PAUSE_MS = 3000;

function Embed({ address }: { address: Address }) {
  const [answer, setAnswer] = useState<Answer<Video> | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    const ask = async () => {
      const next = await (address.by === "token" ? readShared(address.token) : readVideo(address.id));
      if (gone) return;
      setAnswer(next);
      if (isSettling(next)) timer = setTimeout(ask, PAUSE_MS);
    };
    void ask();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [address]);
  if (answer === null) return null;
  if (!answer.ok) return <p role="alert">{messageOf(answer.failure)}</p>;
  const video = answer.value;
  return (
    <>
      <Stage video={video} />
      {!address.framed && <h1>{video.title}</h1>}
    </>
  );
}

const root = document.getElementById("app");
if (root === null) throw new Error("embed.html has no #app");
const address = addressOf(location.pathname);
root.classList.toggle("framed", address.framed);
render(<Embed address={address} />, root);
