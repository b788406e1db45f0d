import type { Clock } from '../../../src/runtime/clock.ts';
import type { SworkerModel } from '../../sworker/model.ts';
import { type IpfsNode, IpfsRpcError, type PinType, type RepoStat, type WalkedBlock } from '../backend.ts';
import { peerIdFrom } from '../embedded/peer-id.ts';
import { type ModelFile, transferSteps } from './model-file.ts';
import type { RpcStyle } from '../rpc/rpc-style.ts';
import { RwLock } from '../sealing/rw-lock.ts';
import { modelSealPort } from '../sealing/seal-port.ts';
import { type PinAddOptions, SealingPinner } from '../sealing/sealing-pinner.ts';

export interface IpfsModelOptions {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly sworker: SworkerModel;
  /** Whether sWorker answers now; true unless told. */
  readonly sworkerReachable?: () => boolean;
  readonly style?: RpcStyle;
  readonly storageMaxBytes?: number;
  /** How long a garbage collection takes once it runs. */
  readonly gcMs?: number;
  readonly seed?: string;
}

/** A sealing IPFS daemon without bytes: every wait is the injected clock's, every answer the real daemon's. */
export class IpfsModel implements IpfsNode {
  readonly style: RpcStyle;
  readonly peerId: string;
  readonly lock = new RwLock();
  private readonly options: IpfsModelOptions;
  private readonly files = new Map<string, ModelFile>();
  private readonly pinned = new Map<string, PinType>();
  private readonly storedBytes = new Map<string, number>();
  private readonly waiting = new Set<() => void>();
  /** Called at a crash, before running calls reject. */
  readonly crashListeners = new Set<() => void>();
  private life: { context: AbortController; pinner: SealingPinner } | undefined;

  constructor(options: IpfsModelOptions) {
    this.options = options;
    this.style = options.style ?? 'go-ipfs-0.8';
    this.peerId = peerIdFrom(options.seed ?? 'model');
    this.start();
  }

  /** Puts a file on the network or changes what is known of it; transfers that waited for that go on. */
  putFile(file: ModelFile): void {
    this.files.set(file.cid, file);
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const wake of waiting) wake();
  }

  get isRunning(): boolean {
    return this.life !== undefined;
  }

  /** The process is gone at once: running calls reject, sWorker is told nothing. Pins stay. */
  crash(): void {
    for (const listener of this.crashListeners) listener();
    this.life?.pinner.kill();
    this.life?.context.abort(new Error('socket hang up'));
    this.life = undefined;
  }

  start(): void {
    const sealing = modelSealPort(this.options.sworker, this.options.sworkerReachable);
    this.life ??= {
      context: new AbortController(),
      pinner: new SealingPinner({ backend: this, sealing, lock: this.lock }),
    };
  }

  /** `pin/add`: resolves when sealed and pinned, rejects with the daemon's text. */
  async pinAdd(cid: string, options: PinAddOptions): Promise<void> {
    const { context, pinner } = this.alive();
    await pinner.pinAdd(cid, { ...options, signal: AbortSignal.any([options.signal, context.signal]) });
  }

  /** `pin/rm`: waits while a garbage collection waits or runs. */
  async pinRm(cid: string, signal?: AbortSignal): Promise<void> {
    const release = await this.lock.read(this.lifeSignal(signal));
    try {
      await this.unpin(cid);
    } finally {
      release();
    }
  }

  /** `pin/update` onto a file that was sealed before; false when its blocks are not all here. Waits while a garbage collection waits or runs. */
  async pinUpdate(cid: string, signal?: AbortSignal): Promise<boolean> {
    const release = await this.lock.read(this.lifeSignal(signal));
    try {
      if (!(await this.hasAllBlocks(cid))) return false;
      await this.pin(cid);
      return true;
    } finally {
      release();
    }
  }

  async hasAllBlocks(cid: string): Promise<boolean> {
    this.alive();
    return this.storedBytes.get(cid) === this.files.get(cid)?.sizeBytes;
  }

  /** `repo/gc`: waits for running pins; resolves to the CIDs removed. */
  async repoGc(signal?: AbortSignal): Promise<string[]> {
    const release = await this.lock.write(this.lifeSignal(signal));
    try {
      const removed: string[] = [];
      for await (const cid of this.collectGarbage()) removed.push(cid);
      return removed;
    } finally {
      release();
    }
  }

  async resolveRoot(cid: string, signal: AbortSignal): Promise<undefined> {
    for (;;) {
      signal.throwIfAborted();
      const file = this.files.get(cid);
      if (this.pinned.has(cid) || (file !== undefined && file.reachable !== false)) return;
      await this.untilPut(signal);
    }
  }

  async isPinnedRecursively(cid: string): Promise<boolean> {
    return this.hasPin(cid);
  }

  /** Also while it does not run. */
  get pinnedCids(): readonly string[] {
    return [...this.pinned.keys()];
  }

  hasPin(cid: string): boolean {
    return this.pinned.get(cid) === 'recursive';
  }

  async *walk(cid: string, signal: AbortSignal): AsyncGenerator<WalkedBlock> {
    const file = this.files.get(cid);
    if (file === undefined) throw new IpfsRpcError('merkledag: not found');
    this.storedBytes.set(cid, 0);
    for (const step of transferSteps(file)) {
      while (step.offsetBytes >= (this.files.get(cid)?.stallAfterBytes ?? Number.POSITIVE_INFINITY)) {
        await this.untilPut(signal);
      }
      await this.options.clock.sleep(step.durationMs, signal);
      this.storedBytes.set(cid, step.offsetBytes + step.sizeBytes);
      yield { blocks: step.blocks, sizeBytes: step.sizeBytes };
    }
  }

  async pin(cid: string): Promise<void> {
    this.pinned.set(cid, 'recursive');
  }

  async unpin(cid: string): Promise<void> {
    this.alive();
    if (!this.pinned.delete(cid)) throw new IpfsRpcError('not pinned or pinned indirectly');
  }

  async pinType(cid: string, among: PinType | 'all' = 'all'): Promise<PinType | undefined> {
    this.alive();
    const type = this.pinned.get(cid);
    return among === 'all' || among === type ? type : undefined;
  }

  async *pins(type: PinType | 'all'): AsyncGenerator<{ cid: string; type: PinType }> {
    this.alive();
    for (const [cid, pinType] of this.pinned) if (type === 'all' || type === pinType) yield { cid, type: pinType };
  }

  async *collectGarbage(): AsyncGenerator<string> {
    const { context } = this.alive();
    if (this.options.gcMs !== undefined) await this.options.clock.sleep(this.options.gcMs, context.signal);
    for (const cid of this.storedBytes.keys()) {
      if (this.pinned.has(cid)) continue;
      this.storedBytes.delete(cid);
      yield cid;
    }
  }

  async repoStat(): Promise<RepoStat> {
    this.alive();
    const sizes = [...this.storedBytes.values()];
    return {
      sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
      storageMaxBytes: this.options.storageMaxBytes ?? 250_000_000_000,
      objects: sizes.length,
      path: '/data/ipfs',
    };
  }

  async blockGet(): Promise<Uint8Array> {
    throw new IpfsRpcError('simulated files have no bytes');
  }

  async *cat(): AsyncGenerator<Uint8Array> {
    yield await this.blockGet();
  }

  private alive(): { context: AbortController; pinner: SealingPinner } {
    if (this.life === undefined) throw new Error('connect: connection refused');
    return this.life;
  }

  private lifeSignal(signal: AbortSignal | undefined): AbortSignal {
    const own = this.alive().context.signal;
    return signal === undefined ? own : AbortSignal.any([signal, own]);
  }

  private untilPut(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const wake = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => {
        this.waiting.delete(wake);
        reject(signal.reason as Error);
      };
      this.waiting.add(wake);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
