import type { HeldFile } from '../clients/sworker/files.ts';
import type { OrderKey } from '../domain/order.ts';
import type { Moment } from '../store/held-files.ts';
import { IdSet } from './id-set.ts';
import { orderKeyOf } from './order-key-of.ts';
import type { SealParts } from './ports.ts';
import { creditOf, isDoubtful, isEmptyPlan, planSlice, type ListedFile } from './slice-plan.ts';

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

const sliceFiles = 500;
const maxUnread = 250;

export function emptyTally(): ListTally {
  return { seen: new IdSet(), files: 0, withoutOrder: 0, uncredited: 0, unread: [] };
}

/** Holds a list of sWorker's files against the tables, slice by slice as it comes. */
export async function readList(
  parts: SealParts,
  files: AsyncIterable<HeldFile>,
  tally: ListTally,
  headBlock: number,
  signal: AbortSignal,
): Promise<void> {
  for await (const slice of slices(files)) {
    const keys = slice.map((file) => orderKeyOf(file.cid));
    const standings = await parts.store.listing.standings(keys);
    const listed: ListedFile[] = [];
    for (const [index, { sizeBytes, type }] of slice.entries()) {
      const [key, standing] = [keys[index], standings[index]];
      if (key !== undefined && standing !== undefined) listed.push({ key, sizeBytes, state: type, standing });
    }
    for (const file of listed) count(tally, file, headBlock);
    const plan = planSlice(await believed(parts, listed, signal));
    const moment: Moment = { headBlock, nowMs: parts.clock.nowMs() };
    if (!isEmptyPlan(plan)) await parts.store.held.apply(plan, moment);
  }
}

function count(tally: ListTally, file: ListedFile, headBlock: number): void {
  tally.files += 1;
  if (file.standing.pin !== null) tally.seen.add(file.standing.pin.id);
  if (file.standing.order === null) tally.withoutOrder += 1;
  const credit = creditOf(file, headBlock);
  if (credit === 'uncredited') tally.uncredited += 1;
  if (credit === 'unread' && tally.unread.length < maxUnread) tally.unread.push(file.key);
}

async function believed(parts: SealParts, listed: readonly ListedFile[], signal: AbortSignal): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  for (const file of listed) {
    if (!isDoubtful(file)) files.push(file);
    else if ((await parts.sworker.fileInfo(file.key.text, signal))?.type === file.state) files.push(file);
  }
  return files;
}

async function* slices(files: AsyncIterable<HeldFile>): AsyncGenerator<HeldFile[], void, undefined> {
  let slice: HeldFile[] = [];
  for await (const file of files) {
    slice.push(file);
    if (slice.length < sliceFiles) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}
