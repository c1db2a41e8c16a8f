// What can be done with the selected videos.
import { useState } from "preact/hooks";
import { focusNext } from "../page";
import { selection } from "../selection";
import { strings } from "../strings";
import { DeleteDialog } from "./delete-dialog";
import { TrashIcon } from "./icons";

export function SelectionBar() {
  const [deleting, setDeleting] = useState(false);
  const videos = selection.videos.value;
  const words = strings.library;
  if (videos.length === 0) return null;
  const end = () => {
    selection.none();
    focusNext("h1");
  };
  return (
    <section class="selection-bar" aria-label={words.selection}>
      <strong>{words.selected(videos.length)}</strong>
      <div class="actions">
        <button type="button" class="plain" onClick={selection.all}>
          {words.selectAll}
        </button>
        <button type="button" class="plain" onClick={end}>
          {words.selectNone}
        </button>
        <button type="button" onClick={() => setDeleting(true)}>
          <TrashIcon />
          {words.deleteSelected}
        </button>
      </div>
      {deleting && (
        <DeleteDialog
          videos={videos}
          onClose={() => setDeleting(false)}
          onDeleted={() => {
            setDeleting(false);
            end();
          }}
        />
      )}
    </section>
  );
}
