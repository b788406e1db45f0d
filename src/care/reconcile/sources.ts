import { chainOrderKey } from '../../clients/chain/keys/order-key.ts';
import type { HeldFile, PendingFile } from '../../clients/sworker/files.ts';
import { findingOf } from '../../domain/reconcile.ts';
import { IdSet } from '../../lib/id-set.ts';
import { slicesOf } from '../../lib/slices.ts';
import type { FindingTally } from './finding-tally.ts';
import type { PinKeeperParts, ReconcileParts } from './ports.ts';

/** What is looked up at once, of lists that may be 400,000 long. */
export const sliceFiles = 1000;

/**
 * What the lists of sWorker and the daemon showed: one bit for each record, a file being stood for by its held record, else by its newest.
 * sWorker seals at most 500 files at once, so these are kept by name.
 */
export interface Seen {
  readonly valid: IdSet;
  readonly lost: IdSet;
  readonly pinned: IdSet;
  readonly pending: ReadonlySet<string>;
}

/** Reads all four lists to their ends; one that breaks off rejects, and nothing is concluded from it. */
export async function readSources(parts: ReconcileParts, tally: FindingTally, signal: AbortSignal): Promise<Seen> {
  const { sworker, ipfs } = parts;
  const pending = await sworker.pendingFiles(signal);
  // Asked after the list was read: a pull has its record before anything of it can stand there.
  await judgePending(parts, pending, tally);
  const lost = await readHeld(parts, sworker.lostFiles(signal), tally);
  const valid = await readHeld(parts, sworker.validFiles(signal), tally);
  // After sWorker's list: a file is sealed before it is pinned.
  const pinned = await readPinned({ ipfs, rows: parts.store.rows }, signal);
  return { valid, lost, pinned, pending: new Set(pending.map((file) => file.cid)) };
}

/** The records of what the daemon has pinned; a pin without a record is somebody else's. */
export async function readPinned(
  parts: {
    readonly ipfs: Pick<PinKeeperParts['ipfs'], 'pinnedRoots'>;
    readonly rows: Pick<PinKeeperParts['store']['rows'], 'recordsOf'>;
  },
  signal: AbortSignal,
): Promise<IdSet> {
  const pinned = new IdSet();
  for await (const cids of slicesOf(inOnes(parts.ipfs.pinnedRoots(signal)), sliceFiles)) {
    for (const id of (await parts.rows.recordsOf(cids)).recordIds) pinned.add(id);
  }
  return pinned;
}

async function judgePending(
  { store }: ReconcileParts,
  pending: readonly PendingFile[],
  tally: FindingTally,
): Promise<void> {
  const cids = pending.map((file) => file.cid);
  const records = await store.rows.recordStates((await store.rows.recordsOf(cids)).recordIds);
  const orders = await store.rows.orderStates(cids.map(chainOrderKey));
  const pulled = new Map(records.map((record) => [record.cid, record.isPulled]));
  for (const { cid, sealedBytes } of pending) {
    const isPulled = pulled.get(cid);
    const finding = findingOf({
      order: orders.get(cid)?.status ?? 'none',
      record: isPulled === undefined ? 'none' : isPulled ? 'running' : 'ended',
      sworker: 'pending',
      pin: 'none',
      isCleaning: orders.get(cid)?.isCleaning ?? false,
      hasMoved: false,
    });
    if (finding !== undefined) tally.add(finding, { cid, sizeBytes: sealedBytes });
  }
}

async function readHeld(
  parts: ReconcileParts,
  list: AsyncIterable<readonly HeldFile[]>,
  tally: FindingTally,
): Promise<IdSet> {
  const seen = new IdSet();
  for await (const files of slicesOf(list, sliceFiles)) {
    const { recordIds, without } = await parts.store.rows.recordsOf(files.map((file) => file.cid));
    for (const id of recordIds) seen.add(id);
    await judgeUnrecorded(
      parts,
      without.flatMap((place) => files[place] ?? []),
      tally,
    );
  }
  return seen;
}

/** Files of which there is no record at all: the only question is whether there is an order. */
async function judgeUnrecorded(
  { store }: ReconcileParts,
  files: readonly HeldFile[],
  tally: FindingTally,
): Promise<void> {
  const orders = await store.rows.orderStates(files.map((file) => chainOrderKey(file.cid)));
  for (const { cid, sizeBytes, type } of files) {
    const order = orders.get(cid);
    const finding = findingOf({
      order: order?.status ?? 'none',
      record: 'none',
      sworker: type,
      pin: 'none',
      isCleaning: order?.isCleaning ?? false,
      hasMoved: false,
    });
    if (finding !== undefined) tally.add(finding, { cid, sizeBytes, orderId: order?.id });
  }
}

async function* inOnes<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[], void, undefined> {
  for await (const item of items) yield [item];
}
