import { SeededRandom } from '../../devnet/chain/seeded-random.ts';
import type { ChainModel } from '../../devnet/chain/model.ts';
import { type FaultChooser, type FaultKind, stormFaultKinds } from '../support/sim/call-desk.ts';
import { numberOf } from './number-of.ts';

/** Walks are further apart than half of this, so a node that forgets orders cannot do so at all three looks that a close by absence takes. */
const lieEveryBlocks = 700;

/** Only answers to these can pass for another state of the chain; `null` for anything else is no answer. */
const tellsOrders = /^state_(?:getKeysPaged|getStorage|queryStorageAt)$/u;

/** Asked so seldom that others would use up all lies that there may be. */
const askedInWalks = 'state_getKeysPaged';
const liesOfWalks = 0.3;

/** Calls that change something, and some that are asked as seldom, by `part name`: chance would leave kinds of faults out, so here they take turns. */
export const spoiltByTurn = [
  'sworker POST /storage/delete',
  'sworker POST /storage/seal_end',
  'ipfs pin/add',
  'ipfs pin/rm',
  'ipfs pin/update',
  'ipfs pin/ls',
  'ipfs repo/gc',
  'coordinator POST /node/…/seal/…',
  'coordinator DELETE /node/…/seal/…',
  'chain state_getMetadata',
] as const;
const takesTurns: ReadonlySet<string> = new Set(spoiltByTurn);
const shareByTurn = 0.4;
/** It is asked for as often as all the others, and the bot gives an order up when too many attempts failed. */
const shareOfPulls = 0.15;

const moreOften = 8;
/** Few reports are sent, and nothing hangs on them. */
const ofReports = 0.9;

/** What a history remembers of its faults. Who lies again and again cannot be seen through. */
export class FaultsSoFar {
  readonly #turns = new Map<string, number>();
  readonly #seed: number;
  /** When a chain node last told what is not true, and of which file sWorker did. */
  lieBlock = Number.NEGATIVE_INFINITY;
  lieFile: string | undefined;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Each kind in its turn; another seed begins with another one. */
  nextKind(call: string): FaultKind {
    const turn = this.#turns.get(call) ?? 0;
    this.#turns.set(call, turn + 1);
    return stormFaultKinds[(this.#seed + turn) % stormFaultKinds.length] ?? 'dropped';
  }
}

/**
 * Spoils so many of a thousand answers, each call by draws of its own, so that what is left out of a history changes little of others; some calls more
 * often, and those that take turns whatever the number is.
 */
export function stormFaults(
  chain: ChainModel,
  { perMille, seed }: { readonly perMille: number; readonly seed: number },
  soFar: FaultsSoFar,
): FaultChooser {
  const randoms = new Map<string, SeededRandom>();
  const asked = new Map<string, number>();
  const shareOf = (call: string): number => {
    if (takesTurns.has(call)) return call === 'ipfs pin/add' ? shareOfPulls : shareByTurn;
    if (call.startsWith('telemetry')) return ofReports;
    const times = (asked.get(call) ?? 0) + 1;
    asked.set(call, times);
    return (perMille / 1000) * (times <= 3 || call.endsWith('/file/info') ? moreOften : 1);
  };
  return ({ part, name, target }) => {
    const call = `${part} ${name}`;
    const random = randoms.get(call) ?? new SeededRandom(numberOf(`${seed} ${call}`));
    randoms.set(call, random);
    if (random.fraction() >= shareOf(call)) return undefined;
    const kind = takesTurns.has(call) ? soFar.nextKind(call) : drawKind(random, name);
    if (kind !== 'wrong') return kind;
    if (part === 'sworker' && target !== undefined) {
      if (soFar.lieFile === target) return 'dropped';
      soFar.lieFile = target;
    }
    if (part !== 'chain' || !tellsOrders.test(name)) return kind;
    if (chain.head.number - soFar.lieBlock < lieEveryBlocks) return 'dropped';
    soFar.lieBlock = chain.head.number;
    return kind;
  };
}

function drawKind(random: SeededRandom, name: string): FaultKind {
  const drawn = stormFaultKinds[random.between(0, stormFaultKinds.length - 1)] ?? 'dropped';
  return name === askedInWalks && random.fraction() < liesOfWalks ? 'wrong' : drawn;
}
