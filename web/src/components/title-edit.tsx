// A title that is edited where it stands: Enter or leaving keeps it, Escape does not.
import { useEffect, useRef, useState } from "preact/hooks";
import { messageOf } from "../api/client";
import { announce, library } from "../app-state";
import { strings } from "../strings";

type Props = {
  id: string;
  title: string;
  /** Both after saving and after giving up. */
  onEnd: () => void;
};

/** What the API takes. */
export const MAX_TITLE_CHARS = 200;

export function TitleEdit({ id, title, onEnd }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState<string | null>(null);
  const ended = useRef(false);

  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);

  const end = () => {
    if (ended.current) return;
    ended.current = true;
    onEnd();
  };
  const save = async () => {
    const next = input.current?.value.trim() ?? "";
    if (ended.current || next === title) return end();
    if (next === "") return setFault(strings.manage.emptyTitle);
    const answer = await library.edit(id, { title: next });
    if (!answer.ok) {
      setFault(messageOf(answer.failure));
      announce(strings.library.renameFailed(messageOf(answer.failure)));
      return;
    }
    announce(strings.library.renamed(answer.value.title));
    end();
  };

  return (
    <form
      class="title-edit"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <input
        ref={input}
        type="text"
        defaultValue={title}
        maxLength={MAX_TITLE_CHARS}
        aria-label={strings.library.newTitle}
        aria-invalid={fault !== null}
        onBlur={() => void save()}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          end();
        }}
      />
      {fault !== null && <span class="fault-word">{fault}</span>}
    </form>
  );
}
