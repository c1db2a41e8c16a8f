// How a file is cut into parts: part n, from 1, begins at (n − 1) times the part size.

export type Layout = { size: number; partSize: number };

export function partCount({ size, partSize }: Layout): number {
  return Math.ceil(size / partSize);
}

/** Where a part begins and ends, in bytes; the end is not in it. */
export function range({ size, partSize }: Layout, number: number): [from: number, to: number] {
  const from = (number - 1) * partSize;
  return [from, Math.min(size, from + partSize)];
}

/** Bytes of these parts. */
export function bytesOf(layout: Layout, numbers: Iterable<number>): number {
  let sum = 0;
  for (const number of numbers) {
    const [from, to] = range(layout, number);
    sum += to - from;
  }
  return sum;
}

/** The parts that are not there yet, in order. */
export function missing(layout: Layout, arrived: ReadonlySet<number>): number[] {
  const numbers: number[] = [];
  for (let number = 1; number <= partCount(layout); number += 1) {
    if (!arrived.has(number)) numbers.push(number);
  }
  return numbers;
}
