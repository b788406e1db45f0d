import { describe, expect, it } from 'vitest';
import type { EndReason, PastPull } from '../../../src/domain/pull-ends.ts';
import {
  interruptedInADay,
  knownPinnedBefore,
  mayBeOurRest,
  suspiciousInARow,
} from '../../../src/pull/rules/history.ts';

const past = (endReason: EndReason | null, rest: Partial<PastPull> = {}): PastPull => ({
  status: 'interrupted',
  cause: 'pull',
  endReason,
  startedBlock: 100_000,
  pinnedBefore: false,
  ...rest,
});
const reasons = (...names: EndReason[]) => names.map((name) => past(name));

describe('counting the history of an order', () => {
  it('counts suspicious ends in a row, newest first', () => {
    expect(suspiciousInARow(reasons('seal-dropped', 'no-space', 'connection-lost', 'stall', 'seal-dropped'))).toBe(3);
    expect(suspiciousInARow(reasons('stall', 'seal-dropped'))).toBe(0);
    expect(suspiciousInARow([])).toBe(0);
  });

  it('looks through stops and restarts of several, which say nothing about the file', () => {
    expect(
      suspiciousInARow(reasons('seal-dropped', 'stopped', 'restart-of-several', 'killed', 'connection-lost')),
    ).toBe(2);
    expect(suspiciousInARow(reasons('stopped', 'stopped', 'stopped', 'stopped'))).toBe(0);
  });

  it('counts interruptions of pulls that started within a day', () => {
    const history = [
      past('killed'),
      past('stopped', { startedBlock: 85_601 }),
      past('killed', { startedBlock: 85_600 }),
      past('stall'),
    ];
    expect(interruptedInADay(history, 100_000)).toBe(2);
  });

  it('knows of the pin what the last pull of ours found out', () => {
    expect(knownPinnedBefore([])).toBeUndefined();
    expect(knownPinnedBefore([past('stall', { pinnedBefore: true })])).toBe(true);
    expect(knownPinnedBefore([past('stall', { pinnedBefore: false })])).toBe(false);
    expect(knownPinnedBefore([past('sealed', { status: 'removed' })])).toBeUndefined();
    expect(knownPinnedBefore([past(null, { cause: 'found', status: 'sealed' })])).toBeUndefined();
  });

  it('takes a pending entry for our own only after an interrupted pull of ours that had begun', () => {
    expect(mayBeOurRest([past('killed')])).toBe(true);
    expect(mayBeOurRest([past('already-pending')])).toBe(false);
    expect(mayBeOurRest([past('being-deleted')])).toBe(false);
    expect(mayBeOurRest([past('stall', { status: 'failed' }), past('killed')])).toBe(false);
    expect(mayBeOurRest([past(null, { cause: 'found', status: 'removed' })])).toBe(false);
    expect(mayBeOurRest([])).toBe(false);
  });
});
