// The page's one event stream: connects, reconnects with backoff, and says how things stand. Knows no DOM; the
// event source and the timers are handed in.

export type Link =
  | { state: "connecting" }
  | { state: "live" }
  /** The stream is away; `since` in milliseconds. */
  | { state: "away"; since: number };

/** The part of EventSource that is used. */
export type Source = {
  readonly readyState: number;
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
};

export type LiveOptions = {
  open: () => Source;
  now: () => number;
  onLink: (link: Link) => void;
  /** Every event of the stream, parsed; `name` is `video` or `deleted`. */
  onEvent: (name: string, data: unknown) => void;
  /** 0 to 1. */
  random?: () => number;
};

const CLOSED = 2;
const EVENTS = ["video", "deleted"];
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 15_000;

/** Connects until the answer is called. */
export function connect(options: LiveOptions): () => void {
  const random = options.random ?? Math.random;
  let link: Link = { state: "connecting" };
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let source: Source | undefined;

  const become = (next: Link) => {
    // Away since the first failure, however many attempts follow.
    if (link.state === "away" && next.state === "away") return;
    link = next;
    options.onLink(link);
  };

  const dial = () => {
    const dialled = options.open();
    source = dialled;
    dialled.onopen = () => {
      failures = 0;
      become({ state: "live" });
    };
    dialled.onerror = () => {
      become({ state: "away", since: options.now() });
      // A lost connection is dialled again by the browser; an answer that is no stream ends it for good.
      if (dialled.readyState !== CLOSED) return;
      dialled.close();
      failures += 1;
      timer = setTimeout(dial, delayMs(failures, random()));
    };
    for (const name of EVENTS) {
      dialled.addEventListener(name, (event) => {
        const data = parsed(event.data);
        if (data !== undefined) options.onEvent(name, data);
      });
    }
  };

  dial();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}

/** Doubles from one second to fifteen, spread so that many tabs do not come back at once. */
export function delayMs(failures: number, random: number): number {
  const full = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
  return full * (0.5 + random / 2);
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
