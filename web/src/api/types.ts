// The nouns of the API as the rest of the page uses them: names for the generated schema, nothing of its own.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Video = Schemas["Video"];
export type VideoState = Schemas["VideoState"];
export type Rendition = Schemas["Rendition"];
export type RenditionState = Schemas["RenditionState"];
export type Thumbnails = Schemas["Thumbnails"];
export type Reason = Schemas["Reason"];
export type Problem = Schemas["Problem"];
export type VideoEdit = Schemas["VideoEdit"];
export type Visibility = Schemas["Visibility"];
export type Poster = Schemas["Poster"];

/** A page of videos, newest first. */
export type VideoPage = Schemas["VideoList"];
