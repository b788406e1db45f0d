import { describe, expect, it } from 'vitest';
import type { Figure } from '../../bench/harness/bench.ts';
import { asJson, asText } from '../../bench/harness/print.ts';

const figure: Figure = {
  bench: 'scan',
  part: 'first walk',
  orders: 100_000,
  latencyMs: 20,
  value: 28_500.4,
  unit: 'orders/s',
  limit: 34_900,
  ratio: 0.8166,
  range: [26_400, 31_500],
  limitRange: [34_000, 35_000],
  rssMaxMiB: 230.6,
  runs: 3,
  budgets: [
    { what: 'ratio', found: 0.8166, atLeast: 0.9, kind: 'time' },
    { what: 'peak RSS, MiB', found: 230.6, atMost: 250, kind: 'memory' },
    { what: 'orders stored', found: 99_999, atLeast: 100_000, kind: 'count' },
  ],
  more: { cpu: 1.234, carrier: 'socket' },
};

describe('a figure of the benchmark', () => {
  it('is one object a line for programs, with everything it holds', () => {
    const { budgets, more, ...named } = figure;
    expect(JSON.parse(asJson(figure, 'normal'))).toEqual({
      ...named,
      ...more,
      budgets: budgets.map((budget, at) => ({ ...budget, met: [false, true, false][at] })),
    });
    expect(asJson(figure, 'normal')).not.toContain('\n');
  });

  it('is judged in a small run by what was counted alone', () => {
    expect(asJson(figure, 'small').match(/"met":\w+/gu)).toEqual(['"met":null', '"met":null', '"met":false']);
    expect(asText(figure, 'small').split('\n').slice(-3)).toEqual([
      '    not judged ratio: 0.817, at least 0.900',
      '    not judged peak RSS, MiB: 231, at most 250',
      '    MISS orders stored: 99,999, at least 100,000',
    ]);
  });

  it('marks a limit below its floor, which no small run judges', () => {
    const slow: Figure = {
      ...figure,
      limitFloor: [
        { what: 'socket, orders/s', found: 34_900, atLeast: 35_000 },
        { what: 'upsert, rows/s', found: 90_000, atLeast: 20_000 },
      ],
    };
    const marks = asText(slow, 'normal')
      .split('\n')
      .filter((line) => line.includes('floor'));
    expect(marks).toEqual([
      '    !!!  limit below its floor of 35,000: socket, orders/s: 34,900: measured wrongly, or a busy or slow machine',
    ]);
    expect(asText(slow, 'small')).not.toContain('floor');
    const below = (scale: 'normal' | 'small'): unknown[] => {
      const { limitFloor } = JSON.parse(asJson(slow, scale)) as { limitFloor: { isBelow: unknown }[] };
      return limitFloor.map(({ isBelow }) => isBelow);
    };
    expect([below('normal'), below('small')]).toEqual([
      [true, false],
      [null, null],
    ]);
  });

  it('is a few lines for people', () => {
    expect(asText(figure, 'normal').split('\n')).toEqual([
      'scan first walk, 100,000 orders, 20 ms: 28,500 orders/s [26,400–31,500] = 0.82 of 34,900 [34,000–35,000] peak 231 MiB (3 runs)',
      '    cpu 1.23, carrier socket',
      '    MISS ratio: 0.817, at least 0.900',
      '    ok   peak RSS, MiB: 231, at most 250',
      '    MISS orders stored: 99,999, at least 100,000',
    ]);
    const few: Figure = {
      bench: 'scan',
      orders: 100_000,
      latencyMs: 0,
      value: 28_500.4,
      unit: 'orders/s',
      limit: null,
      ratio: null,
      rssMaxMiB: null,
      runs: 1,
      budgets: [],
    };
    expect(asText(few, 'full')).toBe('scan, 100,000 orders: 28,500 orders/s (1 run)');
  });
});
