import { describe, expect, it } from 'vitest';
import { type Bench, type BenchOption, refusalOf } from '../../bench/harness/bench.ts';

const bench = (name: string, takes: readonly BenchOption[]): Bench => ({ name, about: '', takes, run: async () => {} });

describe('options of a bench', () => {
  const [scan, size] = [bench('scan', ['orders', 'latency', 'runs']), bench('size', ['orders'])];

  it('are taken when every chosen bench can follow them', () => {
    expect(refusalOf([scan], ['latency', 'runs'])).toBeUndefined();
    expect(refusalOf([scan, size], ['orders'])).toBeUndefined();
    expect(refusalOf([scan, size], [])).toBeUndefined();
  });

  it('are refused when one of them would ignore them', () => {
    expect(refusalOf([scan, size], ['orders', 'latency'])).toBe(
      '--latency changes nothing in: size; name benches that take it',
    );
  });
});
