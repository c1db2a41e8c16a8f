// Title and visibility of a video whose bytes are still on their way.
import type { Visibility } from "../api/types";
import { uploader } from "../app-state";
import type { Upload } from "../state/upload";
import { strings } from "../strings";
import { MAX_TITLE_CHARS } from "./title-edit";
import { VISIBILITIES } from "./visibility-field";

export function UploadEdit({ upload }: { upload: Upload }) {
  const words = strings.visibility;
  return (
    <fieldset class="upload-edit" aria-label={strings.upload.edit}>
      <input
        type="text"
        aria-label={strings.manage.name}
        defaultValue={upload.title}
        maxLength={MAX_TITLE_CHARS}
        onChange={(event) => {
          const title = event.currentTarget.value.trim();
          if (title !== "") uploader.rename(upload.key, title);
          else event.currentTarget.value = upload.title;
        }}
      />
      <select
        aria-label={words.label}
        value={upload.visibility}
        onChange={(event) => uploader.show(upload.key, event.currentTarget.value as Visibility)}
      >
        {VISIBILITIES.map((one) => (
          <option key={one} value={one}>
            {words[one]}
          </option>
        ))}
      </select>
    </fieldset>
  );
}
