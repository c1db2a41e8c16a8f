// The mark: a fantail, one bird and a tail of five feathers, as many as an upload has ways to go.

const FEATHERS = [
  "M15.6 21.4C12.5 18.1 8.9 15.1 7.3 11.5C6 8.9 9.6 6.9 11.2 9.2C13.5 12.4 14.2 17.1 15.6 21.4Z",
  "M15.6 21.4C14.8 16.6 13.2 11.7 13.9 7.5C14.3 4.5 18.7 4.7 18.8 7.8C19 12 16.9 16.7 15.6 21.4Z",
  "M15.6 21.4C17.6 16.7 19 11.6 22 8.3C24 5.9 27.7 8.6 26.1 11.3C23.8 15.1 19.4 18 15.6 21.4Z",
  "M15.6 21.4C19.7 18.7 23.5 15.3 27.6 14.2C30.5 13.3 32.1 17.4 29.3 18.7C25.5 20.7 20.4 20.7 15.6 21.4Z",
  "M15.6 21.4C20.1 21.4 24.8 20.6 28.5 21.8C31.3 22.6 30.4 26.7 27.6 26.3C23.7 25.8 19.7 23.3 15.6 21.4Z",
];

const BODY =
  "M1 19.6 4.5 17.6C5.2 15.3 7.2 13.9 9.5 13.9 13.6 13.9 15 17.4 18 20.6 19.6 22.3 19.2 24.6 17.2 26.1 14.8 27.8 10.6 28 7.8 26 5.4 24.3 4.5 22 4.3 20.4Z";

type Props = {
  large?: boolean;
  /** How far each feather has come, 0 to 1; without it the tail is whole. */
  fills?: readonly number[];
};

/** Decorative: whoever uses it gives the words. */
export function Mark({ large = false, fills }: Props) {
  const size = large ? 96 : 34;
  return (
    <svg
      class={large ? "mark mark-large" : "mark"}
      viewBox="0 0 32 32"
      width={size}
      height={size}
      aria-hidden="true"
      focusable="false"
    >
      {FEATHERS.map((feather, place) => (
        <path key={feather} class="feather" d={feather} style={fills && { opacity: opacity(fills[place]) }} />
      ))}
      <path class="mark-body" d={BODY} />
      <circle class="mark-eye" cx="8.6" cy="17.8" r="1.05" />
    </svg>
  );
}

/** A feather that has not begun is still seen. */
function opacity(fill = 0): number {
  return 0.22 + 0.78 * fill;
}
