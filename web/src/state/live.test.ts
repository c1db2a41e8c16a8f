import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connect, delayMs, type Link, type Source } from "./live";

/** An event source whose fate the test decides. */
class FakeSource implements Source {
  readyState = 0;
  onopen: ((event: Event) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  closed = false;
  readonly listeners = new Map<string, (event: MessageEvent<string>) => void>();

  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void {
    this.listeners.set(type, listener);
  }
  close(): void {
    this.closed = true;
  }
  opens(): void {
    this.readyState = 1;
    this.onopen?.(new Event("open"));
  }
  fails(readyState: number): void {
    this.readyState = readyState;
    this.onerror?.(new Event("error"));
  }
  says(type: string, data: string): void {
    this.listeners.get(type)?.({ data } as MessageEvent<string>);
  }
}

const RECONNECTING = 0;
const CLOSED = 2;

describe("the event stream", () => {
  let sources: FakeSource[];
  let links: Link[];
  let events: [string, unknown][];
  let stop: () => void;
  const last = () => sources.at(-1) as FakeSource;

  beforeEach(() => {
    vi.useFakeTimers({ now: 1000 });
    sources = [];
    links = [];
    events = [];
    stop = connect({
      open: () => {
        sources.push(new FakeSource());
        return last();
      },
      now: Date.now,
      onLink: (link) => links.push(link),
      onEvent: (name, data) => events.push([name, data]),
      random: () => 1,
    });
  });

  afterEach(() => {
    stop();
    vi.useRealTimers();
  });

  it("hands on videos and deletions, and nothing that is no JSON", () => {
    last().says("video", '{"id":"a"}');
    last().says("deleted", '{"id":"b"}');
    last().says("video", "{half");
    expect(events).toEqual([
      ["video", { id: "a" }],
      ["deleted", { id: "b" }],
    ]);
  });

  it("leaves a lost connection to the browser, and says when it is back", () => {
    last().opens();
    last().fails(RECONNECTING);
    vi.advanceTimersByTime(60_000);
    expect(sources).toHaveLength(1);
    last().opens();
    expect(links).toEqual([{ state: "live" }, { state: "away", since: 1000 }, { state: "live" }]);
  });

  it("dials anew where the browser has given up, slower each time", () => {
    last().fails(CLOSED);
    expect(last().closed).toBe(true);
    vi.advanceTimersByTime(999);
    expect(sources).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(sources).toHaveLength(2);
    last().fails(CLOSED);
    vi.advanceTimersByTime(1999);
    expect(sources).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(sources).toHaveLength(3);
  });

  it("says once that it is away, with the time of the first failure", () => {
    last().fails(CLOSED);
    vi.advanceTimersByTime(1000);
    last().fails(CLOSED);
    expect(links).toEqual([{ state: "away", since: 1000 }]);
  });

  it("ends when it is told", () => {
    last().fails(CLOSED);
    stop();
    vi.advanceTimersByTime(60_000);
    expect(sources).toHaveLength(1);
  });
});

it("waits from half a second to fifteen", () => {
  expect(delayMs(1, 0)).toBe(500);
  expect(delayMs(1, 1)).toBe(1000);
  expect(delayMs(4, 1)).toBe(8000);
  expect(delayMs(50, 1)).toBe(15_000);
});
