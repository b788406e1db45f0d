import type { OrderKey } from '../domain/order.ts';
import { HOUR_BLOCKS } from '../domain/units.ts';
import type { HeldState, ListingChanges } from '../store/held-files.ts';
import type { ListedStanding } from '../store/held-listing.ts';

/** One entry of sWorker's list of valid or lost files with what the tables say about it. */
export interface ListedFile {
  readonly key: OrderKey;
  readonly sizeBytes: number;
  readonly state: HeldState;
  readonly standing: ListedStanding;
}

/** A file earns when it entered a work report and its replica was accounted on chain; after this long it should have. */
export const CREDIT_BLOCKS = 12 * HOUR_BLOCKS;

/**
 * The record is missing although the CID has a history: sWorker may have listed the file before a deletion of ours that is through by now, so
 * it is asked about this one again.
 */
export function isDoubtful({ standing }: ListedFile): boolean {
  return standing.pin === null && standing.known && !standing.running;
}

/** What a slice of a list changes in the tables; a running pull is left alone. */
export function planSlice(files: readonly ListedFile[]): ListingChanges {
  const free = files.filter(({ standing }) => standing.pin !== null || !standing.running);
  return {
    found: free
      .filter(({ standing }) => standing.pin === null)
      .map(({ key, sizeBytes, state }) => ({ cid: key.text, sizeBytes, state })),
    recovered: pinIds(free, (pin, state) => state === 'valid' && pin.status === 'lost'),
    lost: pinIds(free, (pin, state) => state === 'lost' && pin.status === 'sealed'),
    seenAgain: pinIds(free, (pin) => pin.missedRounds > 0),
    handledOrders: free.flatMap(({ standing: { order } }) =>
      order !== null && ['new', 'waiting', 'queued', 'failed'].includes(order.status) ? [order.id] : [],
    ),
    closedOrders: free.flatMap(({ standing: { order, cleanup } }) =>
      order?.status === 'closed' && cleanup === null ? [order.id] : [],
    ),
  };
}

function pinIds(
  files: readonly ListedFile[],
  chosen: (pin: NonNullable<ListedStanding['pin']>, state: HeldState) => boolean,
): number[] {
  return files.flatMap(({ standing: { pin }, state }) => (pin !== null && chosen(pin, state) ? [pin.id] : []));
}

export function isEmptyPlan(plan: ListingChanges): boolean {
  return Object.values(plan).every((list: readonly unknown[]) => list.length === 0);
}

/**
 * Whether a held copy earns: `uncredited` when the chain's replica map was read late enough and lacks the own group, `unread` when it would be
 * time but the map was not read since.
 */
export function creditOf(file: ListedFile, headBlock: number): 'credited' | 'uncredited' | 'unread' {
  const { pin, order } = file.standing;
  if (file.state !== 'valid' || pin?.status !== 'sealed' || order === null || order.status === 'closed')
    return 'credited';
  const creditBlock = pin.sealedBlock + CREDIT_BLOCKS;
  if (order.groupHasIt !== false || creditBlock > headBlock) return 'credited';
  return order.readBlock >= creditBlock ? 'uncredited' : 'unread';
}
