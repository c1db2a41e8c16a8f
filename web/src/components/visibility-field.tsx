// Who may see a video, chosen from three.
import type { Visibility } from "../api/types";
import { strings } from "../strings";

export const VISIBILITIES: readonly Visibility[] = ["private", "unlisted", "public"];

type Props = { value: Visibility; onChange: (value: Visibility) => void };

export function VisibilityField({ value, onChange }: Props) {
  const words = strings.visibility;
  return (
    <label class="field">
      <span>{words.label}</span>
      <select
        name="visibility"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value as Visibility)}
      >
        {VISIBILITIES.map((one) => (
          <option key={one} value={one}>
            {words[one]}
          </option>
        ))}
      </select>
      <span class="quiet">{words.hint[value]}</span>
    </label>
  );
}
