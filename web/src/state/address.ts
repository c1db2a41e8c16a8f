// What the address of the page that only plays says: which video, by which right, and whether in a frame.
import type { Answer } from "../api/client";
import type { Video } from "../api/types";

export type Address = ({ by: "token"; token: string } | { by: "id"; id: string }) & { framed: boolean };

/** `/s/{token}`, `/embed/{id}` or `/embed/{id}/t/{token}`. */
export function addressOf(path: string): Address {
  const [first, second = "", third, fourth] = path.split("/").filter((part) => part !== "");
  if (first === "s") return { by: "token", token: second, framed: false };
  if (third === "t" && fourth !== undefined) return { by: "token", token: fourth, framed: true };
  return { by: "id", id: second, framed: true };
}

/** Whether it is worth asking again soon: it is being made, or nobody answered. */
export function isSettling(answer: Answer<Video>): boolean {
  if (!answer.ok) return answer.failure.kind === "unreachable";
  return ["uploading", "uploaded", "processing", "playable"].includes(answer.value.state);
}
