import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../devnet/chain/seeded-random.ts';
import { phases } from '../../kills/phases.ts';
import { judgedFromKills, planKills } from '../../kills/plan.ts';

const planOf = (seed: number, kills: number) => planKills(new SeededRandom(seed), kills);
const seeds = fc.integer({ min: 1, max: 2 ** 31 });

describe('the plan of the kills', () => {
  it('has as many as are asked for, the same ones for the same seed', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 300 }), (seed, kills) => {
        expect(planOf(seed, kills)).toHaveLength(kills);
        expect(planOf(seed, kills)).toEqual(planOf(seed, kills));
      }),
    );
    expect(planOf(1, 40)).not.toEqual(planOf(2, 40));
  });

  it('aims at every phase as soon as a run is judged by it', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: judgedFromKills, max: 300 }), (seed, kills) => {
        const aims = planOf(seed, kills).map(({ aim }) => aim);
        expect(phases.filter((phase) => !aims.includes(phase))).toEqual([]);
      }),
    );
  });

  it('begins with the kills on the old database: a bot that has taken it over has no other', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: judgedFromKills, max: 300 }), (seed, kills) => {
        const plan = planOf(seed, kills);
        const old = plan.filter(({ isOld }) => isOld);
        expect(plan.slice(0, old.length)).toEqual(old);
        expect(new Set(old.map(({ aim }) => aim))).toEqual(new Set(['migrate', 'backup']));
        expect(plan.slice(old.length).filter(({ aim }) => aim === 'migrate')).toEqual([]);
      }),
    );
  });

  it('backs up beside a running bot too, once there are two backups', () => {
    const backups = planOf(7, 40).filter(({ aim }) => aim === 'backup');
    expect(new Set(backups.map(({ isOld }) => isOld))).toEqual(new Set([true, false]));
  });

  it('has garbage collections in one run', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: judgedFromKills, max: 300 }), (seed, kills) => {
        const at = planOf(seed, kills).flatMap(({ aim }, index) => (aim === 'GC' ? [index] : []));
        expect(at.at(-1)).toBe((at[0] ?? 0) + at.length - 1);
      }),
    );
  });

  it('waits for at least one sign, and not for ever', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        for (const { count, delayMs } of planOf(seed, 60)) {
          expect(count).toBeGreaterThanOrEqual(1);
          expect(count).toBeLessThanOrEqual(700);
          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThanOrEqual(200);
        }
      }),
      { numRuns: 20 },
    );
  });
});
