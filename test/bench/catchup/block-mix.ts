import { SeededRandom } from '../../../devnet/chain/seeded-random.ts';
import { madeCid } from '../database/made-cids.ts';

/** What one extrinsic of a block did. CIDs are texts; accounts are numbers. */
export type Happening =
  | { readonly kind: 'report'; readonly account: number; readonly queued: boolean }
  | { readonly kind: 'heartbeat'; readonly account: number }
  | { readonly kind: 'transfer'; readonly from: number; readonly to: number; readonly isNewAccount: boolean }
  | { readonly kind: 'failed'; readonly account: number; readonly error: number }
  | { readonly kind: 'order'; readonly payer: number; readonly cids: readonly string[] }
  | { readonly kind: 'prepaid' | 'renewed' | 'calculated' | 'closed'; readonly account: number; readonly cid: string }
  | { readonly kind: 'update-replicas'; readonly cids: readonly string[] };

/** What the chain of a catch-up is made of. */
export interface ChainShape {
  readonly firstBlock: number;
  readonly blocks: number;
  /** The block whose state is the first with the new runtime; it is still executed by the old one. */
  readonly upgradeBlock: number;
  /** Orders known before, `madeCid(0)` to `madeCid(knownOrders - 1)`; without any, nothing happens to older orders. */
  readonly knownOrders: number;
  readonly seed: number;
}

export const oldSpec = 22;
export const newSpec = 25;

/** CIDs that the catch-up orders for the first time, and those that it never hears an order of. */
const firstOrdered = 6_000_000;
const firstUnknown = 7_000_000;
const accounts = 500;

/**
 * Shares a block, so that 13.7 events stand in a block in the mean. A day of 14,400 blocks has some 3,600 orders, a fifth of them for a CID that was
 * ordered before and some in batches; nodes report their work once in 600 blocks; the replica service, from the new runtime on, reports 24 to 48 files
 * every fifth block (every tenth of the whole catch-up), a tenth of them orders known here.
 */
const shares = {
  reports: 3.34,
  heartbeat: 0.3,
  transfer: 0.35,
  failed: 0.15,
  order: 0.24,
  batchOfOrders: 0.04,
  reordered: 0.2,
  calculated: 0.01,
  closed: 0.02,
  renewed: 0.004,
  prepaid: 0.006,
  replicas: 0.2,
  knownAmongReplicas: 0.1,
};

const recent = new Map<string, readonly Happening[]>();
const keptBlocks = 2000;

/** The extrinsics of a block behind its first, the timestamp; the same for the same block of the same chain. */
export function happeningsOf(shape: ChainShape, block: number): readonly Happening[] {
  // A node is asked for a block's events, body and values one after the other.
  const name = `${shape.seed} ${shape.knownOrders} ${block}`;
  let happenings = recent.get(name);
  if (happenings === undefined) {
    happenings = makeHappenings(shape, block);
    recent.set(name, happenings);
    const [oldest] = recent.keys();
    if (recent.size > keptBlocks && oldest !== undefined) recent.delete(oldest);
  }
  return happenings;
}

function makeHappenings(shape: ChainShape, block: number): readonly Happening[] {
  const random = new SeededRandom(shape.seed ^ Math.imul(block, 0x9e3779b1));
  const happens = (share: number): boolean => random.fraction() < share;
  const account = (): number => random.between(0, accounts - 1);
  const isNewRuntime = block > shape.upgradeBlock;
  const hasKnown = shape.knownOrders > 0;
  const list: Happening[] = [];
  const reports = Math.floor(2 * shares.reports * random.fraction() + 0.5);
  for (let index = 0; index < reports; index += 1) {
    list.push({ kind: 'report', account: account(), queued: isNewRuntime && happens(0.5) });
  }
  if (happens(shares.heartbeat)) list.push({ kind: 'heartbeat', account: account() });
  if (happens(shares.transfer))
    list.push({ kind: 'transfer', from: account(), to: account(), isNewAccount: happens(0.1) });
  if (happens(shares.failed)) list.push({ kind: 'failed', account: account(), error: random.between(0, 9) });
  if (happens(shares.order))
    list.push({ kind: 'order', payer: account(), cids: [orderedCid(shape, block, 0, random)] });
  if (happens(shares.batchOfOrders)) {
    const cids = [1, 2, 3].map((place) => orderedCid(shape, block, place, random));
    list.push({ kind: 'order', payer: account(), cids });
  }
  for (const kind of ['calculated', 'renewed', 'prepaid'] as const) {
    if (happens(shares[kind]) && hasKnown) list.push({ kind, account: account(), cid: quietCid(shape, random) });
  }
  // Each order is closed once at most, and by no other event touched.
  const closing = isNewRuntime ? closingOrder(shape, block, happens) : undefined;
  if (closing !== undefined) list.push({ kind: 'closed', account: account(), cid: madeCid(closing) });
  if (isNewRuntime && happens(shares.replicas))
    list.push({ kind: 'update-replicas', cids: updatedCids(shape, random) });
  return list;
}

function blocksOfNewRuntime({ firstBlock, blocks, upgradeBlock }: ChainShape): number {
  return firstBlock + blocks - 1 - upgradeBlock;
}

/** Known orders from this number on are never closed. */
function closingOrders(shape: ChainShape): number {
  return Math.min(blocksOfNewRuntime(shape), Math.floor(shape.knownOrders / 2));
}

/**
 * The known order that a block of the new runtime closes, if any. They are numbered by its blocks, so that none is closed twice; when there are
 * fewer orders than blocks, those that may be closed are spread over the blocks, and each is the likelier to be.
 */
function closingOrder(shape: ChainShape, block: number, happens: (share: number) => boolean): number | undefined {
  const orders = closingOrders(shape);
  if (orders === 0) return undefined;
  const every = Math.ceil(blocksOfNewRuntime(shape) / orders);
  const place = block - shape.upgradeBlock - 1;
  return place % every === 0 && happens(2 * shares.closed * every) ? place / every : undefined;
}

/** One that is ordered again begins anew as a new order; the other half keeps the verdicts that reported copies touch. */
function orderedAgain(shape: ChainShape, random: SeededRandom): string {
  const first = closingOrders(shape);
  return madeCid(random.between(first, first + Math.floor((shape.knownOrders - 1 - first) / 2)));
}

function quietCid(shape: ChainShape, random: SeededRandom): string {
  return madeCid(random.between(closingOrders(shape), shape.knownOrders - 1));
}

function orderedCid(shape: ChainShape, block: number, place: number, random: SeededRandom): string {
  if (random.fraction() < shares.reordered && shape.knownOrders > 0) return orderedAgain(shape, random);
  return madeCid(firstOrdered + 4 * (block - shape.firstBlock) + place);
}

function updatedCids(shape: ChainShape, random: SeededRandom): readonly string[] {
  const cids = new Set<string>();
  const count = random.between(24, 48);
  while (cids.size < count) {
    const isKnown = random.fraction() < shares.knownAmongReplicas && shape.knownOrders > 0;
    cids.add(isKnown ? quietCid(shape, random) : madeCid(firstUnknown + random.between(0, 900_000)));
  }
  return [...cids];
}
