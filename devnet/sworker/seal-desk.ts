import { DagProgress } from './dag-progress.ts';
import type { Disks } from './disks.ts';
import type { FileBook, PendingFile } from './files.ts';
import { sealCodes, type UpgradePhase } from './wire.ts';

/** What a seal call came to: the HTTP status, and the code that stands in the body. */
export interface SealAnswer {
  readonly httpStatus: number;
  readonly code: number;
  readonly path?: string;
}

export interface SealLimits {
  /** Files held and pending together. */
  readonly files: number;
  readonly pending: number;
}

export interface SealDeskParts {
  readonly files: FileBook;
  readonly disks: Disks;
  readonly limits: SealLimits;
  /** Bytes that sealing adds to each block. */
  readonly overheadBytes: number;
  readonly nowMs: () => number;
  readonly atBlock: () => number;
  readonly upgrade: () => UpgradePhase;
}

const answer = (httpStatus: number, code: number): SealAnswer => ({ httpStatus, code });

/** Sealing without transport: the HTTP routes and an IPFS in the same process call the same three methods. */
export class SealDesk {
  private readonly parts: SealDeskParts;
  private pathCounter = 0;

  constructor(parts: SealDeskParts) {
    this.parts = parts;
  }

  start(cid: string): SealAnswer {
    const { files, limits } = this.parts;
    const phase = this.parts.upgrade();
    if (phase === 'process' || phase === 'exit') return answer(501, 501);
    if (phase === 'enclave') return answer(503, sealCodes.upgrading);
    if (files.isBeingDeleted(cid)) return answer(400, sealCodes.beingDeleted);
    if (files.pending.has(cid)) return answer(200, sealCodes.alreadySealing);
    // A lost file answers like a valid one: it may come back by itself.
    if (files.find(cid) !== undefined) return answer(200, sealCodes.alreadySealed);
    const full = files.pending.size >= limits.pending || files.held.size + files.pending.size >= limits.files;
    if (full) return answer(500, sealCodes.fileLimit);
    const diskIndex = this.parts.disks.choose();
    files.pending.set(cid, {
      cid,
      startedMs: this.parts.nowMs(),
      diskIndex,
      plainBytes: 0,
      sealedBytes: 0,
      dag: new DagProgress(cid),
    });
    return answer(200, sealCodes.ok);
  }

  /** A block's bytes, or only their number when the caller has none; any failure drops the whole pending file. */
  block(cid: string, block: Uint8Array | number): SealAnswer {
    const phase = this.parts.upgrade();
    if (phase === 'exit') return answer(501, 501);
    const pending = this.parts.files.pending.get(cid);
    if (pending === undefined) return answer(500, sealCodes.notPending);
    if (phase === 'enclave') return this.fail(pending, 503, sealCodes.upgrading);
    const sizeBytes = typeof block === 'number' ? block : block.length;
    const sealedBytes = sizeBytes + this.parts.overheadBytes;
    if (!this.parts.disks.use(pending.diskIndex, sealedBytes)) return this.fail(pending, 500, sealCodes.noSpace);
    pending.plainBytes += sizeBytes;
    pending.sealedBytes += sealedBytes;
    if (typeof block === 'number') pending.dag = undefined;
    else pending.dag?.add(block);
    this.pathCounter += 1;
    return { ...answer(200, sealCodes.ok), path: `${cid}/${this.pathCounter.toString(16).padStart(16, '0')}` };
  }

  /** `complete` counts only for blocks that came without bytes; otherwise the links decide. */
  end(cid: string, complete = false): SealAnswer {
    const phase = this.parts.upgrade();
    if (phase === 'exit') return answer(501, 501);
    const pending = this.parts.files.pending.get(cid);
    if (pending === undefined) return answer(404, sealCodes.notPending);
    if (phase === 'enclave') return this.fail(pending, 503, sealCodes.upgrading);
    if (!(pending.dag?.complete ?? complete)) return this.fail(pending, 500, sealCodes.incomplete);
    this.parts.files.pending.delete(cid);
    this.parts.files.held.set(cid, {
      cid,
      sizeBytes: pending.plainBytes,
      sealedSizeBytes: pending.sealedBytes,
      sealedAtBlock: this.parts.atBlock(),
      diskIndex: pending.diskIndex,
      state: 'valid',
      reported: false,
    });
    return answer(200, sealCodes.ok);
  }

  /** Forgets a pending file and its data. */
  drop(pending: PendingFile): void {
    this.parts.disks.free(pending.diskIndex, pending.sealedBytes);
    this.parts.files.pending.delete(pending.cid);
  }

  private fail(pending: PendingFile, httpStatus: number, code: number): SealAnswer {
    this.drop(pending);
    return answer(httpStatus, code);
  }
}
