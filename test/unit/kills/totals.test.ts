import { describe, expect, it } from 'vitest';
import { elsewhere, phases } from '../../kills/phases.ts';
import { judgedFromKills } from '../../kills/plan.ts';
import { type Outcome, Totals } from '../../kills/totals.ts';

function totalsOf(...outcomes: readonly Outcome[]): Totals {
  const totals = new Totals();
  for (const outcome of outcomes) totals.add(outcome);
  return totals;
}

const ofEach = (counted: readonly Outcome['counted'][]): readonly Outcome[] =>
  Array.from({ length: judgedFromKills }, (_, i) => ({
    counted: counted[i % counted.length] ?? elsewhere,
    isInGrace: false,
    seconds: 1,
    defects: [],
  }));

describe('the totals', () => {
  it('are a table of phases: kills, seconds, defects', () => {
    const totals = totalsOf(
      { counted: 'pull', isInGrace: true, seconds: 1.25, defects: [] },
      { counted: 'pull', isInGrace: true, seconds: 2, defects: ['a', 'b'] },
      { counted: elsewhere, isInGrace: false, seconds: 0.5, defects: [] },
    );
    const rows = totals.lines().map((line) => line.trim().split(/\s+/u));
    expect(rows[0]).toEqual(['phase', 'kills', 'seconds', 'defects']);
    expect(rows.map(([name]) => name)).toEqual(['phase', ...phases, elsewhere, 'of']);
    expect(totals.lines().at(-1)).toBe('of all kills in the grace of a closed file: 2');
    expect(rows.find(([name]) => name === 'pull')).toEqual(['pull', '2', '3.3', '2']);
    expect(rows.find(([name]) => name === 'walk')).toEqual(['walk', '0', '0.0', '0']);
    expect(totals.kills).toBe(3);
  });

  it('miss nothing when every phase was met', () => {
    expect(totalsOf(...ofEach(phases)).missing()).toEqual([]);
  });

  it('tell the phases that no kill fell into; kills elsewhere are none of them', () => {
    const met = phases.filter((phase) => phase !== 'checkpoint' && phase !== 'GC');
    expect(totalsOf(...ofEach([...met, elsewhere])).missing()).toEqual(['checkpoint', 'GC']);
  });

  it('are not judged when there were too few kills', () => {
    const totals = totalsOf(...ofEach(['pull']).slice(1));
    expect(totals.missing()).toEqual([]);
    expect(totals.notJudged()).toMatch(/^NOT JUDGED .*: that takes 20 kills, there were 19$/u);
    expect(totalsOf(...ofEach(['pull'])).notJudged()).toBeUndefined();
  });

  it('tell that no kill fell into a grace, when there were enough', () => {
    const kills = ofEach(['pull']);
    expect(totalsOf(...kills).isWithoutGrace).toBe(true);
    expect(totalsOf(...kills.slice(1)).isWithoutGrace).toBe(false);
    expect(totalsOf(...kills, { counted: 'pull', isInGrace: true, seconds: 1, defects: [] }).isWithoutGrace).toBe(
      false,
    );
  });
});
