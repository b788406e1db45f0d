import { describe, expect, it } from 'vitest';
import { countedAs, elsewhere, phases, type Phase, type Signs } from '../../kills/phases.ts';

const none: Signs = {
  isOldAndBackedUp: false,
  isMigrated: true,
  copiesUnderWay: 0,
  isCheckpointing: false,
  deletions: 0,
  sealedUnwritten: 0,
  claimed: 0,
  isCollecting: false,
  pulling: 0,
  isWalking: false,
  blocksBehind: 3,
};

const signsOf: Readonly<Record<Phase, Partial<Signs>>> = {
  migrate: { isOldAndBackedUp: true, isMigrated: false },
  backup: { copiesUnderWay: 1 },
  checkpoint: { isCheckpointing: true },
  delete: { deletions: 1 },
  seal: { sealedUnwritten: 1 },
  claim: { claimed: 2 },
  GC: { isCollecting: true },
  pull: { pulling: 4 },
  walk: { isWalking: true },
  'catch-up': { blocksBehind: 200 },
};

describe('a kill counts', () => {
  it.each(phases)('for %s when that is all there is to see, whatever it was aimed at', (phase) => {
    expect(countedAs('anywhere', { ...none, ...signsOf[phase] })).toBe(phase);
    expect(countedAs('walk', { ...none, ...signsOf[phase] })).toBe(phase);
  });

  it.each(phases)('for %s when it was aimed at it and hit it, whatever else there is', (phase) => {
    const all = Object.assign({}, none, ...Object.values(signsOf), signsOf[phase]) as Signs;
    expect(countedAs(phase, all)).toBe(phase);
  });

  it('for no phase when there is nothing to see, a bot just started being some blocks behind', () => {
    expect(countedAs('pull', none)).toBe(elsewhere);
  });

  it('for no migration when that was done', () => {
    expect(countedAs('migrate', { ...none, isOldAndBackedUp: true })).toBe(elsewhere);
  });

  it('for what lasts shortest when it missed its aim', () => {
    expect(countedAs('GC', { ...none, pulling: 3, claimed: 1, isWalking: true })).toBe('claim');
  });
});
