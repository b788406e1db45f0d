import { putFile } from '../../chain/model-files.ts';
import type { SeededRandom } from '../../chain/seeded-random.ts';
import type { Network } from '../../world/network.ts';
import type { World } from '../../world/world.ts';
import type { CorpusFile } from './corpus.ts';
import { drawFigures, entryAt, FRESH, OLD } from './figures.ts';
import { type Luck, luckOf } from './luck.ts';
import type { PlannedOrder, StandingOrder } from './planned-order.ts';

/** A file that the customers' node holds. */
interface RealFile extends CorpusFile {
  readonly cid: string;
  /** All blocks together: what an order declares. */
  readonly orderedBytes: number;
  readonly luck: Luck;
}

/** Real files by the part they play. */
export interface RealOrders {
  /** In the bot's sWorker before there was a bot, their orders credited to it. */
  readonly held: readonly StandingOrder[];
  /** On chain before the bot's first start. */
  readonly standing: readonly StandingOrder[];
  /** To be ordered while the bot runs; all of them are to be taken. */
  readonly later: readonly PlannedOrder[];
}

const HELD = 8;
const LATER = 10;
/** Enough blocks that a seal can be stopped in the middle. */
const SLOW_FROM_BYTES = 1024 ** 2;
/** Highest reward first is how the bot picks: these are begun before everything else. */
const HIGHEST_REWARD_PICO = 5_000_000_000;

/** Gives the customers' node the files, each CID once. */
export async function addFiles(world: World, corpus: readonly CorpusFile[]): Promise<RealFile[]> {
  const byCid = new Map<string, RealFile>();
  for (const [index, file] of corpus.entries()) {
    const added = await world.customers.addFile(file.path, { cidVersion: index % 4 === 0 ? 1 : 0 });
    const luck = luckOf(added.cid, world.network);
    byCid.set(added.cid, { ...file, cid: added.cid, orderedBytes: added.sizeBytes, luck });
  }
  return [...byCid.values()];
}

/** Shares the files out among the parts; `slow` of the taken large ones get the highest rewards. */
export function planRealOrders(files: readonly RealFile[], network: Network, random: SeededRandom, slow: number) {
  const small = files.filter(({ sizeBytes }) => sizeBytes < SLOW_FROM_BYTES);
  const held = small.slice(0, HELD);
  const later = small
    .slice(HELD)
    .filter(({ luck }) => luck.takesNew)
    .slice(0, LATER);
  const parted = new Set([...held, ...later]);
  const rest = files.filter((file) => !parted.has(file));
  const large = rest.filter(({ sizeBytes, luck }) => sizeBytes >= SLOW_FROM_BYTES && luck.takesNew);
  const slowFiles = new Set(large.slice(0, slow));
  return {
    held: held.map((file) => heldOrder(file, network, random)),
    standing: rest.map((file, i) => standingOrder(file, random, slowFiles.has(file), i % 3 === 0)),
    later: later.map((file) => ({ ...plan(file), outcome: 'handled' as const })),
    slowCids: [...slowFiles].map(({ cid }) => cid),
  } satisfies RealOrders & { slowCids: readonly string[] };
}

function plan({ cid, orderedBytes, path }: RealFile) {
  return { cid, sizeBytes: orderedBytes, path };
}

function heldOrder(file: RealFile, network: Network, random: SeededRandom): StandingOrder {
  const figures = { ...drawFigures(OLD, random), sizeBytes: file.orderedBytes };
  const own = { owner: network.groupOwner, who: network.account };
  return {
    ...plan(file),
    outcome: 'handled',
    put: (chain) => putFile(chain, file.cid, entryAt(chain.head.number + 1, figures, own)),
  };
}

function standingOrder(file: RealFile, random: SeededRandom, isFirst: boolean, isOld: boolean): StandingOrder {
  const ranges = isOld && !isFirst ? OLD : FRESH;
  const drawn = drawFigures(ranges, random);
  const amountPico = isFirst ? HIGHEST_REWARD_PICO : drawn.amountPico;
  const figures = { ...drawn, sizeBytes: file.orderedBytes, amountPico };
  return {
    ...plan(file),
    outcome: outcomeOf(file.luck, ranges === OLD),
    put: (chain) => putFile(chain, file.cid, entryAt(chain.head.number + 1, figures)),
  };
}

function outcomeOf(luck: Luck, isOld: boolean): StandingOrder['outcome'] {
  if (!luck.isOurs) return 'waiting: not-ours';
  return (isOld ? luck.takesDb : luck.takesNew) ? 'handled' : 'waiting: dice';
}
