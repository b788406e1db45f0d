import { SeededRandom } from '../../devnet/chain/seeded-random.ts';
import type { ChainModel } from '../../devnet/chain/model.ts';
import { type FaultChooser, type FaultKind, stormFaultKinds } from '../support/sim/call-desk.ts';

/** Walks are further apart than half of this, so a node that forgets orders cannot do so at all three looks that a close by absence takes. */
const lieEveryBlocks = 700;

/** Spoils so many of a thousand answers, each by a draw of its own; what is asked seldom is spoilt more often. */
export function stormFaults(chain: ChainModel, { perMille, seed }: { perMille: number; seed: number }): FaultChooser {
  const random = new SeededRandom(seed);
  const asked = new Map<string, number>();
  let liedAtBlock = Number.NEGATIVE_INFINITY;
  return ({ part, name }) => {
    const call = `${part} ${name}`;
    const times = (asked.get(call) ?? 0) + 1;
    asked.set(call, times);
    const share = (perMille / 1000) * (times <= 3 ? 4 : 1);
    if (random.fraction() >= share) return undefined;
    const kind: FaultKind = stormFaultKinds[random.between(0, stormFaultKinds.length - 1)] ?? 'dropped';
    if (kind !== 'wrong' || part !== 'chain') return kind;
    if (chain.head.number - liedAtBlock < lieEveryBlocks) return 'dropped';
    liedAtBlock = chain.head.number;
    return kind;
  };
}
