// What can be said of a file before a byte of it is sent.

export type Fault = "empty" | "not_video";

/** Containers that some systems do not count as video. */
const VIDEO_ENDINGS =
  /\.(mkv|mk3d|ts|m2ts|mts|m2v|flv|f4v|wmv|asf|avi|mpg|mpeg|vob|ogv|ogg|mxf|mp4|m4v|mov|qt|3gp|3g2|webm|dv)$/i;
const NOT_VIDEO = /^(image|text|font|audio)\/|^application\/(pdf|zip|json|javascript|msword|vnd\.)/;

/** Null where it may be a video: the API looks into it. */
export function faultOf(file: { name: string; size: number; type: string }): Fault | null {
  if (file.size === 0) return "empty";
  if (VIDEO_ENDINGS.test(file.name)) return null;
  return NOT_VIDEO.test(file.type) ? "not_video" : null;
}
