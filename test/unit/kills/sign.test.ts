import { describe, expect, it } from 'vitest';
import { untilSign } from '../../kills/sign.ts';
import type { Moment } from '../../support/e2e/moments.ts';

/** Waits for `count` signs of `pull` while moments are told one after the other; resolves with how many it took, or the error. */
async function momentsUntil(count: number, moments: readonly Moment[]): Promise<number | string> {
  const listeners = new Set<(moment: Moment) => void>();
  let outcome: string | undefined;
  let told = 0;
  const waiting = untilSign(
    { aim: 'pull', count },
    {
      on: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  ).catch((error: unknown) => {
    outcome = String(error);
  });
  for (const moment of moments) {
    if (listeners.size === 0) break;
    told += 1;
    for (const listener of listeners) listener(moment);
  }
  if (listeners.size > 0) return 'waits';
  await waiting;
  return outcome ?? told;
}

const blocks = (count: number): readonly Moment[] => Array.from({ length: count }, () => 'block');

describe('a kill waits', () => {
  it('for the so-manieth sign of its aim and no other call', async () => {
    const moments = ['chain state_getStorage', 'ipfs pin/add', 'block', 'sworker file/info', 'sworker storage/seal'];
    expect(await momentsUntil(1, moments)).toBe(2);
    expect(await momentsUntil(2, moments)).toBe(5);
    expect(await momentsUntil(3, moments)).toBe('waits');
  });

  it('some blocks for one more, and then takes what there was', async () => {
    expect(await momentsUntil(9, [...blocks(100), 'ipfs pin/add', ...blocks(20)])).toBe(100 + 1 + 12);
  });

  it('not for ever for a first one', async () => {
    expect(await momentsUntil(1, blocks(319))).toBe('waits');
    expect(await momentsUntil(1, blocks(500))).toMatch(/no sign of pull within 320 blocks/u);
  });
});
