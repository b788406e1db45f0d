import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ReadAhead } from '../../../src/chain/events/read-ahead.ts';

/** Windows whose reading a test ends when it likes. */
class Readings {
  readonly begun: string[] = [];
  readonly #open = new Map<string, PromiseWithResolvers<string>>();
  readonly windows: ReadAhead<string>;

  constructor(options: { readonly depth: number; readonly windowBlocks: number; readonly end: number }) {
    this.windows = new ReadAhead(options, async (from, to) => {
      const name = `${from}–${to}`;
      this.begun.push(name);
      const { promise, resolve, reject } = withResolvers();
      this.#open.set(name, { promise, resolve, reject });
      return await promise;
    });
  }

  end(name: string): void {
    this.#open.get(name)?.resolve(name);
  }

  fail(name: string): void {
    this.#open.get(name)?.reject(new Error(name));
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function withResolvers(): PromiseWithResolvers<string> {
  let resolve: (value: string) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<string>((one, other) => ([resolve, reject] = [one, other]));
  return { promise, resolve, reject };
}

describe('reading ahead', () => {
  it('keeps so many windows under way, also while the one handed out is written, and hands them out in order', async () => {
    const readings = new Readings({ depth: 2, windowBlocks: 10, end: 35 });
    const first = readings.windows.next(0);
    expect(readings.begun).toEqual(['0–10', '10–20']);
    readings.end('10–20');
    readings.end('0–10');
    expect(await first).toBe('0–10');
    expect(readings.begun).toEqual(['0–10', '10–20', '20–30']);
    expect(await readings.windows.next(10)).toBe('10–20');
    for (const name of ['20–30', '30–35']) readings.end(name);
    expect(await readings.windows.next(20)).toBe('20–30');
    expect(await readings.windows.next(30)).toBe('30–35');
    expect(readings.begun).toEqual(['0–10', '10–20', '20–30', '30–35']);
  });

  it('begins anew where a window ended early, once what was under way has settled', async () => {
    const readings = new Readings({ depth: 2, windowBlocks: 10, end: 35 });
    const first = readings.windows.next(0);
    readings.end('0–10');
    await first;
    const next = readings.windows.next(4);
    expect(readings.begun).toEqual(['0–10', '10–20', '20–30']);
    readings.fail('10–20');
    readings.end('20–30');
    await setImmediate();
    expect(readings.begun.slice(3)).toEqual(['4–14', '14–24']);
    readings.end('4–14');
    expect(await next).toBe('4–14');
    readings.end('14–24');
    readings.end('24–34');
    await readings.windows.settle();
  });

  it('tells of a failure only when its window is asked for, and every time', async () => {
    const readings = new Readings({ depth: 2, windowBlocks: 10, end: 20 });
    const first = readings.windows.next(0);
    readings.fail('10–20');
    readings.end('0–10');
    expect(await first).toBe('0–10');
    await expect(readings.windows.next(10)).rejects.toThrow('10–20');
    await readings.windows.settle();
  });

  it('has nothing to read at its end', async () => {
    const { windows } = new Readings({ depth: 2, windowBlocks: 10, end: 20 });
    await expect(windows.next(20)).rejects.toThrow(RangeError);
  });
});
