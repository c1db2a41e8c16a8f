// A progress bar that says what it measures.

type Props = {
  /** 0 to 100. */
  value: number;
  label: string;
  text?: string;
  tone?: "going" | "done" | "failed" | "idle";
};

export function Bar({ value, label, text, tone = "going" }: Props) {
  return (
    <div
      class={`bar bar-${tone}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value}
      aria-valuetext={text}
    >
      <span style={{ inlineSize: `${value}%` }} />
    </div>
  );
}
