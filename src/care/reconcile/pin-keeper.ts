import { chainOrderKey } from '../../clients/chain/keys/order-key.ts';
import { findingOf } from '../../domain/reconcile.ts';
import type { PinStatus } from '../../domain/statuses.ts';
import type { PinKeeperParts } from './ports.ts';
import { readPinned, sliceFiles } from './sources.ts';

/** What became of sealed files whose pin was missing. */
export interface KeptPins {
  /** Pinned again. */
  readonly pinned: number;
  /** The daemon lacks some of their blocks, which a garbage collection before must have taken: a pin would bring nothing back. */
  readonly incomplete: number;
  /** The daemon has all their blocks, or does not say, and did not pin them: a collection would take what a later pin could keep. */
  readonly refused: number;
  /** What it said of the first of these. */
  readonly firstRefusal: string | undefined;
}

const mostPulls = 1000;
const mayBeSealed: readonly PinStatus[] = ['sealed', 'failed', 'interrupted'];

/**
 * Pins sealed files again whose pin is missing: the daemon records it after sWorker has ended the seal, and may be killed in between. Without it a garbage
 * collection takes the daemon's pointers to the sealed blocks, and nobody can fetch the file any more, although it is proven and earns.
 */
export class PinKeeper {
  readonly #parts: PinKeeperParts;

  constructor(parts: PinKeeperParts) {
    this.#parts = parts;
  }

  /**
   * Looks at all held files, and at those of pulls that ended otherwise: a daemon may end a seal well after its pull was given up.
   * @throws SmError SWORKER_*, IPFS_*, DATABASE_*
   */
  async keepAll(signal: AbortSignal): Promise<KeptPins> {
    const { rows, listing } = this.#parts.store;
    const pinned = await readPinned({ ipfs: this.#parts.ipfs, rows }, signal);
    const unpinned = [...(await rows.unheldPulls(mostPulls))];
    let afterCid: string | undefined = '';
    while (afterCid !== undefined) {
      signal.throwIfAborted();
      const page = await listing.heldPage(afterCid, sliceFiles);
      for (const id of page.pinIds) if (!pinned.has(id)) unpinned.push(id);
      afterCid = page.lastCid;
    }
    return await this.keep(unpinned, signal);
  }

  /**
   * Looks at the files of these records, each at the last moment: the order has to live, sWorker to have it sealed, the daemon to have no pin.
   * @throws SmError SWORKER_*, IPFS_*, DATABASE_*
   */
  async keep(recordIds: readonly number[], signal: AbortSignal): Promise<KeptPins> {
    let [pinned, incomplete, refused] = [0, 0, 0];
    let firstRefusal: string | undefined;
    for (const recordId of recordIds) {
      signal.throwIfAborted();
      const cid = await this.#unpinned(recordId, signal);
      if (cid === undefined) continue;
      const result = await this.#parts.ipfs.pinAgain(cid, signal);
      if (result.kind === 'pinned') pinned += 1;
      else if (result.kind === 'incomplete') incomplete += 1;
      else {
        refused += 1;
        firstRefusal ??= `${cid}: ${result.message}`;
      }
    }
    return { pinned, incomplete, refused, firstRefusal };
  }

  /** The record's CID, if it is one to be pinned again. */
  async #unpinned(recordId: number, signal: AbortSignal): Promise<string | undefined> {
    const { sworker, ipfs, store } = this.#parts;
    const [record] = await store.rows.recordStates([recordId]);
    if (record === undefined || !mayBeSealed.includes(record.status)) return undefined;
    const order = (await store.rows.orderStates([chainOrderKey(record.cid)])).get(record.cid);
    const finding = findingOf({
      order: order?.status ?? 'none',
      record: record.isPulled ? 'running' : 'held',
      sworker: 'valid',
      pin: 'none',
      isCleaning: record.isCleaning,
      hasMoved: false,
    });
    if (finding?.remedy !== 'pin-again') return undefined;
    if ((await sworker.fileInfo(record.cid, signal))?.type !== 'valid') return undefined;
    return (await ipfs.isPinned(record.cid, signal)) ? undefined : record.cid;
  }
}
