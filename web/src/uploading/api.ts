// What the uploader asks of the API; handed in, so that it can be tested without one.
import type { Answer } from "../api/client";
import type { Visibility } from "../api/types";
import type { PartUrl } from "./parts";

export type NewUpload = {
  filename: string;
  size_bytes: number;
  content_type: string | null;
  title: string;
  visibility: Visibility;
  fingerprint: string;
};

/** An upload as the API knows it. */
export type Known = {
  id: string;
  video_id: string;
  state: "open" | "completing" | "complete" | "expired";
  title: string;
  filename: string | null;
  fingerprint: string | null;
  size_bytes: number;
  part_size_bytes: number;
};

export type Arrived = { number: number; size_bytes: number };

export type UploadApi = {
  begin(upload: NewUpload): Promise<Answer<Known>>;
  /** Where to send these parts to. */
  parts(id: string, numbers: readonly number[]): Promise<Answer<readonly PartUrl[]>>;
  /** With all parts that have arrived, however many pages they are. */
  read(id: string): Promise<Answer<{ upload: Known; parts: readonly Arrived[] }>>;
  complete(id: string): Promise<Answer<Known>>;
  abort(id: string): Promise<Answer<unknown>>;
  /** Those that nobody has completed. */
  open(): Promise<Answer<readonly Known[]>>;
};

/** Which uploads a tab of this browser is at: others leave them alone. */
export type Claims = {
  /** Until the answer is called. */
  hold(id: string): () => void;
  held(): Promise<ReadonlySet<string>>;
};
