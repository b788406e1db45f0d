import { describe, expect, it } from 'vitest';
import { ChainModel } from '../../../devnet/chain/model.ts';
import { stormFaultKinds } from '../../support/sim/call-desk.ts';
import { FaultsSoFar, stormFaults } from '../../storm/faults.ts';

const chain = new ChainModel({ name: 'faults', firstBlock: 1, genesisMs: 0 });
const deletion = { part: 'sworker', name: 'POST /storage/delete' } as const;

/** What befalls so many of these questions, those that nothing befalls left out. */
function befalling(seed: number, soFar: FaultsSoFar, target: (n: number) => string, asked = 100): readonly string[] {
  const choose = stormFaults(chain, { perMille: 0, seed }, soFar);
  return Array.from({ length: asked }, (_, n) => choose({ ...deletion, target: target(n) }, 0) ?? '').filter(Boolean);
}

describe('The faults of calls that have an effect', () => {
  it.each([0, 1, 7])('take turns, beginning by the seed %i', (seed) => {
    const kinds = befalling(seed, new FaultsSoFar(seed), (n) => `file ${n}`);
    expect(kinds.length).toBeGreaterThan(2 * stormFaultKinds.length);
    kinds.forEach((kind, turn) => expect(kind).toBe(stormFaultKinds[(seed + turn) % stormFaultKinds.length]));
  });

  it('go on where they were when other faults begin, and are the same ones for one seed', () => {
    const soFar = new FaultsSoFar(3);
    const first = befalling(5, soFar, (n) => `file ${n}`, 10);
    const [next] = befalling(6, soFar, (n) => `other ${n}`);
    expect(next).toBe(stormFaultKinds[(3 + first.length) % stormFaultKinds.length]);
    expect(befalling(5, new FaultsSoFar(3), (n) => `file ${n}`, 10)).toEqual(first);
  });

  it('are no two lies of one file in a row', () => {
    const kinds = befalling(1, new FaultsSoFar(1), () => 'the same file', 200);
    expect(kinds.filter((kind) => kind === 'wrong')).toHaveLength(1);
  });

  it('spare others when nothing else is spoilt', () => {
    const choose = stormFaults(chain, { perMille: 0, seed: 1 }, new FaultsSoFar(1));
    expect(Array.from({ length: 100 }, () => choose({ part: 'chain', name: 'chain_getHeader' }, 0))).toEqual(
      Array.from({ length: 100 }, () => undefined),
    );
  });
});
