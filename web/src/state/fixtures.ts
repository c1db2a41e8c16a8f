// Videos for the tests.
import type { Rendition, Video } from "../api/types";

export function rendition(name: string, changes: Partial<Rendition> = {}): Rendition {
  return {
    name,
    state: "pending",
    progress: 0,
    reason: null,
    width: null,
    height: null,
    bitrate_bps: null,
    playlist_url: null,
    mp4_url: null,
    mp4_state: "pending",
    mp4_size_bytes: null,
    loudness: null,
    ...changes,
  };
}

export function video(id: string, changes: Partial<Video> = {}): Video {
  return {
    id,
    version: 1,
    title: id,
    state: "processing",
    reason: null,
    visibility: "private",
    owner_id: "local",
    created_at: "2026-11-23T20:15:00Z",
    duration_seconds: null,
    source: {
      filename: "clip.mp4",
      size_bytes: 1,
      width: null,
      height: null,
      video_codec: null,
      audio_codec: null,
      frame_rate: null,
    },
    renditions: [],
    captions: [],
    thumbnails: { state: "pending", reason: null },
    poster_url: null,
    playlist_url: null,
    ...changes,
  };
}
