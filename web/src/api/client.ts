// What the page asks of the API; every answer is either the value or a failure that a person can read.
import createClient from "openapi-fetch";
import { strings } from "../strings";
import type { paths } from "./schema";
import type { Problem, Video, VideoEdit, VideoPage } from "./types";

export type Failure =
  /** No answer, or one from something in between that is not our API. */
  { kind: "unreachable" } | { kind: "problem"; status: number; code: string; message: string };

export type Answer<T> = { ok: true; value: T } | { ok: false; failure: Failure };

/** Reads a problem document (RFC 9457), or `unreachable` where a gateway answered in the API's place. */
export function failureOf(status: number, body: unknown): Failure {
  if (isProblem(body)) {
    return { kind: "problem", status, code: body.code, message: body.detail ?? body.title };
  }
  if (status === 0 || status >= 500) return { kind: "unreachable" };
  return { kind: "problem", status, code: "unknown", message: strings.errors.unexpected(status) };
}

/** A sentence for people. */
export function messageOf(failure: Failure): string {
  return failure.kind === "unreachable" ? strings.errors.unreachable : strings.reason(failure);
}

function isProblem(body: unknown): body is Problem {
  return (
    typeof body === "object" &&
    body !== null &&
    "code" in body &&
    "title" in body &&
    typeof body.code === "string"
  );
}

export const client = createClient<paths>({ baseUrl: globalThis.location?.origin ?? "http://localhost" });

type FetchResult<T> = { data?: T; error?: unknown; response: Response };

export async function answer<T>(call: () => Promise<FetchResult<T>>): Promise<Answer<T>> {
  try {
    const { data, error, response } = await call();
    if (response.ok) return { ok: true, value: data as T };
    return { ok: false, failure: failureOf(response.status, error) };
  } catch {
    return { ok: false, failure: { kind: "unreachable" } };
  }
}

export const PAGE_SIZE = 24;

export function listVideos(cursor?: string): Promise<Answer<VideoPage>> {
  const query = cursor === undefined ? { limit: PAGE_SIZE } : { limit: PAGE_SIZE, cursor };
  return answer(() => client.GET("/api/videos", { params: { query } }));
}

/** The video that a share link, or a pass for one, leads to. */
export function readShared(token: string): Promise<Answer<Video>> {
  return answer<Video>(async () => {
    const { data, ...rest } = await client.GET("/api/shares/{token}", { params: { path: { token } } });
    return data === undefined ? rest : { ...rest, data: data.video };
  });
}

export function readVideo(id: string): Promise<Answer<Video>> {
  return answer(() => client.GET("/api/videos/{id}", { params: { path: { id } } }));
}

export function deleteVideo(id: string): Promise<Answer<unknown>> {
  return answer(() => client.DELETE("/api/videos/{id}", { params: { path: { id } } }));
}

export function editVideo(id: string, edit: VideoEdit): Promise<Answer<Video>> {
  return answer(() => client.PATCH("/api/videos/{id}", { params: { path: { id } }, body: edit }));
}

/** Has a rendition that failed made again. */
export function retryRendition(id: string, name: string): Promise<Answer<Video>> {
  return answer(() =>
    client.POST("/api/videos/{id}/renditions/{name}/retry", { params: { path: { id, name } } }),
  );
}

export const EVENTS_URL = "/api/events";
