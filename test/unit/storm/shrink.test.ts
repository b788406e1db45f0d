import { assert, asyncProperty, nat, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shrink } from '../../storm/shrink.ts';

const never = (): boolean => false;

describe('shrink', () => {
  it('keeps exactly the items without which it does not fail, in their order', async () => {
    const needed = uniqueArray(nat(60), { maxLength: 6 });
    await assert(
      asyncProperty(needed, async (culprits) => {
        const items = Array.from({ length: 61 }, (_, i) => i);
        const kept = await shrink(items, async (left) => culprits.every((culprit) => left.includes(culprit)), never);
        expect(kept).toEqual([...culprits].sort((a, b) => a - b));
      }),
    );
  });

  it('begins anew when what was left out makes others superfluous', async () => {
    // The 9 is needed as long as the 1 is there, which is tried after it.
    const fails = async (left: readonly number[]): Promise<boolean> =>
      left.includes(5) && left.includes(7) && (!left.includes(1) || left.includes(9));
    expect(await shrink([5, 1, 7, 9], fails, never)).toEqual([5, 7]);
  });

  it('keeps everything that still fails when the time is up', async () => {
    let tries = 0;
    const kept = await shrink(
      [1, 2, 3, 4],
      async (left) => {
        tries += 1;
        return left.includes(1);
      },
      () => tries > 0,
    );
    expect(tries).toBe(1);
    expect(kept).toEqual([1, 2]);
  });
});
