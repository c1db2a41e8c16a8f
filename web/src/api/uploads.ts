// The uploader's calls, by the generated client.
import type { Arrived, Known, UploadApi } from "../uploading/api";
import { type Answer, answer, client } from "./client";

export const uploadApi: UploadApi = {
  begin: (upload) => answer(() => client.POST("/api/uploads", { body: upload })),

  async parts(id, numbers) {
    const params = { path: { id } };
    const urls = await answer(() =>
      client.POST("/api/uploads/{id}/parts", { params, body: { numbers: [...numbers] } }),
    );
    return urls.ok ? { ok: true, value: urls.value.parts } : urls;
  },

  async read(id) {
    const parts: Arrived[] = [];
    let upload: Known | null = null;
    const pages = await everyPage(async (cursor) => {
      const query = cursor === null ? {} : { cursor };
      const page = await answer(() => client.GET("/api/uploads/{id}", { params: { path: { id }, query } }));
      if (page.ok) {
        upload ??= page.value;
        parts.push(...page.value.parts);
      }
      return page;
    });
    if (!pages.ok) return pages;
    return upload === null
      ? { ok: false, failure: { kind: "unreachable" } }
      : { ok: true, value: { upload, parts } };
  },

  complete: (id) => answer(() => client.POST("/api/uploads/{id}/complete", { params: { path: { id } } })),

  abort: (id) => answer(() => client.DELETE("/api/uploads/{id}", { params: { path: { id } } })),

  async open() {
    const uploads: Known[] = [];
    const pages = await everyPage(async (cursor) => {
      const query = cursor === null ? { limit: 100 } : { limit: 100, cursor };
      const page = await answer(() => client.GET("/api/uploads", { params: { query } }));
      if (page.ok) uploads.push(...page.value.uploads);
      return page;
    });
    return pages.ok ? { ok: true, value: uploads } : pages;
  },
};

/** Asks page after page; the first failure, or that all came. */
async function everyPage(
  ask: (cursor: string | null) => Promise<Answer<{ next_cursor: string | null }>>,
): Promise<Answer<null>> {
  for (let cursor: string | null = null; ; ) {
    const page = await ask(cursor);
    if (!page.ok) return page;
    cursor = page.value.next_cursor;
    if (cursor === null) return { ok: true, value: null };
  }
}
