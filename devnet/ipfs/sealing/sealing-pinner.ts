import { CID } from 'multiformats/cid';
import { IpfsRpcError, type SealingBackend } from '../backend.ts';
import type { RwLock } from './rw-lock.ts';
import type { SealPort, SealReply } from './seal-port.ts';

/**
 * What the daemon pins without sealing, by sha2-256 digest and whatever the codec: the readme directory it ships with, the empty directory, no
 * bytes at all.
 */
const NEVER_SEALED: ReadonlySet<string> = new Set([
  '1e7bbdc0fa65843fb589401c4ef41cda75020b9a0075247850e222b9ec6f3463',
  '59948439065f29619ef41280cbb932be52c56d99c5966b65e0111239f098bbef',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
]);

function isNeverSealed(cid: string): boolean {
  return NEVER_SEALED.has(Buffer.from(CID.parse(cid).multihash.digest).toString('hex'));
}

const never = new AbortController().signal;

export interface PinAddOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (blocks: number, bytes: number) => void;
}

export interface SealingPinnerParts {
  readonly backend: SealingBackend;
  readonly sealing: SealPort;
  /** Shared with `repo/gc` and `pin/rm` of the same node. */
  readonly lock: RwLock;
}

/** `pin/add` as the Crust-patched daemon does it: the pin stands only when sWorker has sealed every block. */
export class SealingPinner {
  private readonly parts: SealingPinnerParts;
  private killed = false;

  constructor(parts: SealingPinnerParts) {
    this.parts = parts;
  }

  /** From now on nothing more is said to sWorker: what is pending there stays pending. Running `pinAdd`s are to be aborted by the caller. */
  kill(): void {
    this.killed = true;
  }

  /** Resolves when pinned and sealed. Rejects with the daemon's error text, or with the signal's reason after the seal was given up. */
  async pinAdd(cid: string, options: PinAddOptions): Promise<void> {
    const { backend, lock } = this.parts;
    const { signal } = options;
    // The root comes before the lock, as in go-ipfs: a pin that finds nobody does not hold up a garbage collection.
    const root = await backend.resolveRoot(cid, signal);
    const release = await lock.read(signal);
    try {
      if (await backend.isPinnedRecursively(cid, signal)) return;
      if (isNeverSealed(cid)) await this.fetchAll(cid, root, options);
      else await this.seal(cid, root, options);
      if (this.killed) throw new IpfsRpcError('pin: the daemon was killed');
      // A caller that has gone is not noticed any more: https://github.com/crustio/go-ipfs-pinner/blob/crust/dspinner/pin.go (`addPin`).
      await backend.pin(cid, never);
    } finally {
      release();
    }
  }

  private async fetchAll(
    cid: string,
    root: Uint8Array | undefined,
    { signal, onProgress }: PinAddOptions,
  ): Promise<void> {
    let blocks = 0;
    let bytes = 0;
    for await (const block of this.parts.backend.walk(cid, signal, root)) {
      blocks += block.blocks ?? 1;
      bytes += block.sizeBytes;
      onProgress?.(blocks, bytes);
    }
  }

  private async seal(cid: string, root: Uint8Array | undefined, { signal, onProgress }: PinAddOptions): Promise<void> {
    const { backend, sealing } = this.parts;
    const start = await this.ask(() => sealing.start(cid));
    if (start.httpStatus !== 200) throw new IpfsRpcError(`pin: Start Seal error code is: ${start.httpStatus}`);
    if (start.code !== 0) throw new IpfsRpcError(`pin: Seal response error code is: ${start.code}`);
    let blocks = 0;
    let bytes = 0;
    try {
      for await (const block of backend.walk(cid, signal, root)) {
        const reply = await this.ask(() => sealing.block(cid, block, signal));
        if (reply.httpStatus !== 200) throw new IpfsRpcError(`pin: Seal error code is: ${reply.httpStatus}`);
        blocks += block.blocks ?? 1;
        bytes += block.sizeBytes;
        onProgress?.(blocks, bytes);
      }
    } catch (error) {
      await this.giveUp(cid, error);
      signal.throwIfAborted();
      throw error;
    }
    const end = await this.ask(() => sealing.end(cid, true));
    if (end.httpStatus !== 200) throw new IpfsRpcError(`pin: End Seal error code is: ${end.httpStatus}`);
  }

  /** Ending an unfinished seal makes sWorker delete all of it. */
  private async giveUp(cid: string, cause: unknown): Promise<void> {
    if (this.killed) return;
    try {
      await this.parts.sealing.end(cid, false);
    } catch (error) {
      // sWorker is away as well: the pin fails for its first reason.
      throw new AggregateError([cause, error], cause instanceof Error ? cause.message : 'pin: seal given up', {
        cause: error,
      });
    }
  }

  private async ask(call: () => Promise<SealReply>): Promise<SealReply> {
    if (this.killed) throw new IpfsRpcError('pin: the daemon was killed');
    try {
      return await call();
    } catch (error) {
      throw new IpfsRpcError(`pin: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}
