import { namedAccount } from '../../chain/accounts.ts';
import { putFile } from '../../chain/model-files.ts';
import type { SeededRandom } from '../../chain/seeded-random.ts';
import type { Network } from '../../world/network.ts';
import { drawFigures, entryAt, type FigureRanges, type Figures, FRESH, OLD } from './figures.ts';
import type { Luck } from './luck.ts';
import { badCids, cidWith } from './made-up-cids.ts';
import type { PlannedOrder, StandingOrder } from './planned-order.ts';

const DAY_BLOCKS = 14_400;
const GIB = 1024 ** 3;

/** A sort of orders by what makes it one. */
interface Sort extends FigureRanges {
  readonly verdict: string;
  readonly count: number;
  readonly luck: (luck: Luck) => boolean;
  /** Another member of the bot's group holds it. */
  readonly inGroup?: true;
}

const takesNew = (luck: Luck) => luck.takesNew;
const takesDb = (luck: Luck) => luck.takesDb;

const SORTS: readonly Sort[] = [
  { ...FRESH, verdict: 'denied', count: 12, luck: takesNew },
  { ...FRESH, verdict: 'bad-size', count: 8, luck: () => true, sizeBytes: [0, 0] },
  { ...FRESH, verdict: 'not-ours', count: 25, luck: ({ isOurs }) => !isOurs },
  { ...OLD, verdict: 'not-ours', count: 15, luck: ({ isOurs }) => !isOurs },
  { ...FRESH, verdict: 'dice', count: 15, luck: (luck) => luck.isOurs && !luck.takesNew },
  { ...OLD, verdict: 'dice', count: 10, luck: (luck) => luck.takesNew && !luck.takesDb },
  { ...FRESH, verdict: 'too-small', count: 10, luck: takesNew, sizeBytes: [100, 900] },
  { ...FRESH, verdict: 'too-large', count: 8, luck: takesNew, sizeBytes: [7.1 * GIB, 7.9 * GIB] },
  { ...OLD, verdict: 'few-replicas', count: 20, luck: takesDb, replicas: [1, 39] },
  { ...OLD, verdict: 'many-replicas', count: 12, luck: takesDb, replicas: [100, 199] },
  { ...OLD, verdict: 'many-replicas', count: 3, luck: takesDb, replicas: [200, 200] },
  { ...OLD, verdict: 'group-has-it', count: 15, luck: takesDb, inGroup: true },
  { ...FRESH, verdict: 'abandoned', count: 20, luck: takesNew, orderedBlocksAgo: [11 * DAY_BLOCKS, 90 * DAY_BLOCKS] },
  { ...OLD, verdict: 'expired', count: 15, luck: takesDb, expiresInBlocks: [-20 * DAY_BLOCKS, -1] },
  { ...OLD, verdict: 'expiring', count: 20, luck: takesDb, expiresInBlocks: [DAY_BLOCKS, 119 * DAY_BLOCKS] },
  { ...FRESH, verdict: 'no-space', count: 2, luck: takesNew, sizeBytes: [6.6 * GIB, 6.9 * GIB] },
];

/** Orders behind which there are no bytes, of every kind that is not to be pulled. Those to be denied have to be put on a list. */
export function madeUpOrders(network: Network, random: SeededRandom): StandingOrder[] {
  const other = network.members.find((member) => member !== network.account) ?? namedAccount('another member');
  const ownGroup = { owner: network.groupOwner, who: other };
  const bad = badCids(random).map((cid) => standing(cid, 'bad-cid', drawFigures(FRESH, random)));
  const sorted = SORTS.flatMap((sort) =>
    Array.from({ length: sort.count }, () => {
      const cid = cidWith(network, random, sort.luck);
      return standing(cid, sort.verdict, drawFigures(sort, random), sort.inGroup && ownGroup);
    }),
  );
  return [...bad, ...sorted];
}

const SPAM = 6;
const SPAM_BYTES = 1024 ** 2;

/** Orders that nothing but a deny list speaks against. */
export function spamOrders(network: Network, random: SeededRandom): PlannedOrder[] {
  return Array.from({ length: SPAM }, () => {
    const cid = cidWith(network, random, takesNew);
    return { cid, sizeBytes: SPAM_BYTES, outcome: 'waiting: denied' };
  });
}

function standing(cid: string, verdict: string, figures: Figures, own?: Parameters<typeof entryAt>[2]): StandingOrder {
  return {
    cid,
    sizeBytes: figures.sizeBytes,
    outcome: `waiting: ${verdict}`,
    put: (chain) => putFile(chain, cid, entryAt(chain.head.number + 1, figures, own)),
  };
}
