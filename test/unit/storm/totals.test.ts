import { describe, expect, it } from 'vitest';
import { stormFaultKinds } from '../../support/sim/call-desk.ts';
import { actKinds } from '../../storm/acts.ts';
import { spoiltByTurn } from '../../storm/faults.ts';
import { askedOften, judgedFromHistories, leastByTurn, mustFail, mustHappen, Totals } from '../../storm/totals.ts';

const parts = ['chain', 'sworker', 'ipfs', 'coordinator', 'telemetry'];

/** Everything once a history, but for what is left out. */
function totalsWithout(left: { readonly count?: string; readonly fault?: string; readonly trouble?: string }): Totals {
  const happened = [...actKinds, ...mustHappen].filter((name) => name !== left.count);
  const counts = { ...Object.fromEntries(happened.map((name) => [name, 1])), pulls: 40, deletions: 8 };
  const names = [...parts.map((part) => `${part} some call`), ...spoiltByTurn];
  const calls = names.flatMap((call) => stormFaultKinds.map((kind) => `${call} ${kind}`));
  const faults = Object.fromEntries(calls.filter((call) => call !== left.fault).map((call) => [call, 1]));
  const troubles = Object.fromEntries(mustFail.filter((name) => name !== left.trouble).map((name) => [name, 1]));
  const asked = Object.fromEntries(spoiltByTurn.map((call) => [call, 1]));
  const totals = new Totals();
  for (let i = 0; i < judgedFromHistories; i += 1) totals.add({ counts, asked, faults, troubles });
  return totals;
}

describe('The totals of a run', () => {
  it('miss nothing when everything happened', () => {
    expect(totalsWithout({}).missing()).toEqual([]);
  });

  it('say that they are not judged when there were too few histories', () => {
    const totals = new Totals();
    totals.add({ counts: {}, asked: {}, faults: {}, troubles: {} });
    expect(totals.notJudged()).toMatch(/^NOT JUDGED .*: that takes 100 histories, there were 1$/u);
    expect(totalsWithout({}).notJudged()).toBeUndefined();
  });

  it.each([...actKinds, ...mustHappen])('miss %s when it never happened', (count) => {
    expect(totalsWithout({ count }).missing()).toEqual([`${count} never happened`]);
  });

  it.each(mustFail)('miss %s when no statement failed so', (trouble) => {
    expect(totalsWithout({ trouble }).missing()).toEqual([`no ${trouble}`]);
  });

  it('miss a kind of fault that never befell a part', () => {
    expect(totalsWithout({ fault: 'telemetry some call half' }).missing()).toEqual(['half never befell telemetry']);
  });

  it.each(spoiltByTurn)('miss every kind of fault that never befell %s, however seldom it was asked', (call) => {
    for (const kind of stormFaultKinds) {
      const missing = `${kind} never befell ${call}, which was asked ${judgedFromHistories} times`;
      expect(totalsWithout({ fault: `${call} ${kind}` }).missing()).toEqual([missing]);
    }
  });

  it('miss a call with an effect that was hardly asked', () => {
    const totals = totalsWithout({});
    totals.asked.set('ipfs pin/rm', leastByTurn - 1);
    expect(totals.missing()).toEqual([`ipfs pin/rm was asked ${leastByTurn - 1} times, fewer than ${leastByTurn}`]);
    totals.asked.delete('ipfs pin/rm');
    expect(totals.missing()).toEqual([`ipfs pin/rm was asked 0 times, fewer than ${leastByTurn}`]);
  });

  it('miss a kind of fault that never befell a call that was asked often', () => {
    const totals = totalsWithout({});
    for (const kind of stormFaultKinds.filter((one) => one !== 'wrong')) {
      totals.add({ counts: {}, asked: {}, faults: { [`chain other ${kind}`]: 1 }, troubles: {} });
    }
    totals.asked.set('chain other', askedOften - 1);
    expect(totals.missing()).toEqual([]);
    totals.asked.set('chain other', askedOften);
    expect(totals.missing()).toEqual([`wrong never befell chain other, which was asked ${askedOften} times`]);
    totals.asked.set('chain another', askedOften + 100);
    expect(totals.missing()).toHaveLength(1 + stormFaultKinds.length);
  });

  it('miss pulls and deletions when there were too few', () => {
    const totals = totalsWithout({});
    totals.counts.set('pulls', 999);
    totals.counts.set('deletions', 199);
    expect(totals.missing()).toEqual(['999 pulls are fewer than 1000', '199 deletions are fewer than 200']);
  });

  it('are printed with every fault of every call', () => {
    const totals = new Totals();
    totals.add({
      counts: { pulls: 3 },
      asked: { 'ipfs pin/add': 7 },
      faults: { 'ipfs pin/add half': 2 },
      troubles: { 'COMMIT SQLITE_FULL': 4 },
    });
    const [counts, troubles, , row] = totals.lines();
    expect(counts).toBe('pulls 3');
    expect(troubles).toBe('statements that failed or were late: COMMIT SQLITE_FULL 4');
    expect(row).toMatch(/^ipfs pin\/add +7 +0 +0 +0 +2 +0/u);
  });
});
