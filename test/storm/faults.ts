import { SeededRandom } from '../../devnet/chain/seeded-random.ts';
import type { ChainModel } from '../../devnet/chain/model.ts';
import { type FaultChooser, type FaultKind, stormFaultKinds } from '../support/sim/call-desk.ts';

/** Walks are further apart than half of this, so a node that forgets orders cannot do so at all three looks that a close by absence takes. */
const lieEveryBlocks = 700;

/** Only answers to these can pass for another state of the chain; `null` for anything else is no answer. */
const tellsOrders = /^state_(?:getKeysPaged|getStorage|queryStorageAt)$/u;

/** Asked so seldom that others would use up all lies that there may be. */
const askedInWalks = 'state_getKeysPaged';
const liesOfWalks = 0.3;

/** What is asked seldom, and what has an effect. */
const spoiltMore = /pin\/|repo\/gc|POST|DELETE|file\/info$/u;
const moreOften = 8;
/** Few reports are sent, and nothing hangs on them. */
const ofReports = 0.9;

/** When a chain node last told what is not true, and of which file sWorker did. Who lies again and again cannot be seen through. */
export interface Lies {
  lastBlock: number;
  lastFile: string | undefined;
}

/** Spoils so many of a thousand answers, each by a draw of its own; some calls more often. */
export function stormFaults(
  chain: ChainModel,
  { perMille, seed }: { readonly perMille: number; readonly seed: number },
  lies: Lies,
): FaultChooser {
  const random = new SeededRandom(seed);
  const asked = new Map<string, number>();
  return ({ part, name, target }) => {
    const call = `${part} ${name}`;
    const times = (asked.get(call) ?? 0) + 1;
    asked.set(call, times);
    const often = times <= 3 || spoiltMore.test(name) ? moreOften : 1;
    const share = part === 'telemetry' ? ofReports : (perMille / 1000) * often;
    if (random.fraction() >= share) return undefined;
    const drawn: FaultKind = stormFaultKinds[random.between(0, stormFaultKinds.length - 1)] ?? 'dropped';
    const kind = name === askedInWalks && random.fraction() < liesOfWalks ? 'wrong' : drawn;
    if (kind !== 'wrong') return kind;
    if (part === 'sworker' && target !== undefined) {
      if (lies.lastFile === target) return 'dropped';
      lies.lastFile = target;
    }
    if (part !== 'chain' || !tellsOrders.test(name)) return kind;
    if (chain.head.number - lies.lastBlock < lieEveryBlocks) return 'dropped';
    lies.lastBlock = chain.head.number;
    return kind;
  };
}
