import { orderPosition } from '../clients/chain/keys/order-position.ts';
import type { HeldFile } from '../clients/sworker/files.ts';
import type { OrderKey } from '../domain/order.ts';
import type { HeldState } from '../store/held-files.ts';
import { ChangeWriter } from './change-writer.ts';
import { IdSet } from '../lib/id-set.ts';
import { lookAtOrders } from './order-look.ts';
import type { SealParts } from './ports.ts';
import { PositionList } from './position-list.ts';
import { isDoubtful, planRecords, type ListedFile } from './slice-plan.ts';
import { slicesOf } from '../lib/slices.ts';

/** What was seen while a list went by. */
export interface ListTally {
  /** Records whose file was listed. */
  readonly seen: IdSet;
  files: number;
  withoutOrder: number;
  uncredited: number;
  /** Some orders whose replica map has to be read before their credit can be judged. */
  readonly unread: OrderKey[];
}

const sliceFiles = 1000;
/** More than sWorker holds; the positions of so many take 4 MB. */
const mostPositions = 500_000;

export function emptyTally(): ListTally {
  return { seen: new IdSet(), files: 0, withoutOrder: 0, uncredited: 0, unread: [] };
}

/** What one list is held against, and what that brings. */
export interface Reading {
  readonly parts: SealParts;
  readonly state: HeldState;
  readonly tally: ListTally;
  readonly writer: ChangeWriter;
  readonly positions: PositionList;
  readonly headBlock: number;
  readonly signal: AbortSignal;
}

/**
 * Holds a list of sWorker's files of one state against the tables as it comes: against the records slice by slice, against the orders in the
 * order of their keys, because sWorker's list has none and each order would be looked for in another corner of a large table.
 */
export async function readList(
  parts: SealParts,
  list: { readonly files: AsyncIterable<readonly HeldFile[]>; readonly state: HeldState },
  tally: ListTally,
  headBlock: number,
  signal: AbortSignal,
): Promise<void> {
  const { state } = list;
  const writer = new ChangeWriter({ held: parts.store.held, clock: parts.clock, headBlock, state });
  const positions = new PositionList();
  const reading: Reading = { parts, tally, headBlock, signal, writer, positions, state };
  // While SQLite looks one slice up, the next one is received and parsed.
  let compared: Promise<Failure | undefined> = Promise.resolve(undefined);
  try {
    for await (const slice of slicesOf(list.files, sliceFiles)) {
      throwIfFailed(await compared);
      compared = outcomeOf(compare(reading, slice));
    }
  } finally {
    await compared;
  }
  throwIfFailed(await compared);
  await lookAtOrders(reading);
}

async function compare(reading: Reading, slice: readonly HeldFile[]): Promise<void> {
  const { parts, state, tally, writer, positions, signal } = reading;
  const files = slice.toSorted((a, b) => (a.cid < b.cid ? -1 : Number(a.cid > b.cid)));
  const cids = files.map((file) => file.cid);
  const { settledIds, unknown, others } = await parts.store.listing.records(cids, state);
  tally.files += files.length;
  for (const id of settledIds) tally.seen.add(id);
  for (const cid of cids) positions.add(orderPosition(cid));
  const listed: ListedFile[] = [];
  for (const record of others) {
    if (record.pin !== null) tally.seen.add(record.pin.id);
    listed.push({ file: at(files, record.at), record });
  }
  await writer.add({ found: unknown.map((place) => at(files, place)) });
  await writer.add(planRecords(await believed(parts, listed, signal)));
  if (positions.length >= mostPositions) await lookAtOrders(reading);
}

function at(files: readonly HeldFile[], place: number): HeldFile {
  const file = files[place];
  if (file === undefined) throw new RangeError(`no file ${place} in a slice of ${files.length}`);
  return file;
}

async function believed(parts: SealParts, listed: readonly ListedFile[], signal: AbortSignal): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  for (const entry of listed) {
    if (!isDoubtful(entry)) files.push(entry);
    else if ((await parts.sworker.fileInfo(entry.file.cid, signal))?.type === entry.file.type) files.push(entry);
  }
  return files;
}

interface Failure {
  readonly reason: unknown;
}

/** Work that nobody waits for yet must not reject unheard: what it failed with is kept until somebody does. */
async function outcomeOf(work: Promise<void>): Promise<Failure | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return { reason: error };
  }
}

function throwIfFailed(outcome: Failure | undefined): void {
  if (outcome !== undefined) throw outcome.reason;
}
