import { describe, expect, it } from 'vitest';
import { target, type Target } from '../../fuzz/harness/target.ts';
import { targets } from '../../fuzz/targets.ts';
import * as fc from 'fast-check';

/** The same inputs each time: what looks further is `npm run fuzz`. */
const unitSeed = 1;

async function failureOf(one: Target, seed = unitSeed) {
  const { runs, failure } = await one.check({ seed, until: { runs: one.unitRuns } });
  return { runs, failure };
}

describe('hostile input', () => {
  it.each(targets.map((one) => [one.name, one] as const))(
    'is read or refused as it should be: %s',
    async (_, one) => {
      try {
        const { runs, failure } = await failureOf(one);
        expect(failure).toBeUndefined();
        expect(runs).toBeGreaterThanOrEqual(one.unitRuns);
      } finally {
        await one.close();
      }
    },
    60_000,
  );
});

describe('a target', () => {
  const crash = (judge: (input: number[]) => void): Target =>
    target({ name: 'x', inputs: fc.array(fc.nat(1000), { maxLength: 20 }), judge, maxRunMs: 100, unitRuns: 200 });

  it('tells seed, reason and the smallest input that fails', async () => {
    const { failure } = await failureOf(
      crash((input) => {
        if (input.includes(7) || input.some((one) => one > 900)) throw new TypeError('no');
      }),
      1,
    );
    expect(failure?.reason).toMatch(/^TypeError: no/u);
    expect(['[7]', '[901]']).toContain(failure?.input);
    const again = crash((input) => {
      if (input.some((one) => one === 7 || one > 900)) throw new TypeError('no');
    });
    const { seed = 0, path } = failure ?? {};
    const replayed = await again.check({ seed, until: { runs: 1 }, path });
    expect(replayed.failure?.input).toBe(failure?.input);
  });

  it('takes what lasts too long for a failure', async () => {
    const { failure } = await failureOf(
      crash(() => {
        const startedMs = performance.now();
        while (performance.now() - startedMs < 150);
      }),
    );
    expect(failure?.reason).toMatch(/^took \d+ ms, 100 allowed$/u);
  });

  const holding = (bytes: number): Target => {
    const held: Buffer[] = [];
    return target({ name: 'x', inputs: fc.nat(), judge: () => void held.push(Buffer.alloc(bytes, 1)) });
  };

  it('takes memory that is held for a failure', async () => {
    const { failure } = await failureOf(holding(2 ** 20));
    expect(failure?.reason).toMatch(/^\d+ MiB more memory are held$/u);
  });

  it('takes memory that few slow inputs hold for a failure too', async () => {
    const slow = holding(2 ** 24);
    const { runs, failure } = await slow.check({ seed: unitSeed, until: { runs: 20 } });
    expect([runs, failure?.reason]).toEqual([20, expect.stringMatching(/^\d+ MiB more memory are held$/u)]);
  });
});
