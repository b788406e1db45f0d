import { isDeepStrictEqual } from 'node:util';
import { IpfsRpcError } from '../../../devnet/ipfs/backend.ts';
import type { IpfsModel } from '../../../devnet/ipfs/model/ipfs-model.ts';
import type {
  GarbageCollection,
  Ipfs,
  IpfsIdentity,
  PinAddOptions,
  PinAddResult,
  PinAgainResult,
  RepoSize,
} from '../../../src/clients/ipfs/ipfs.ts';
import { isStopping, readRefusal } from '../../../src/clients/ipfs/pin-message.ts';
import { SmError } from '../../../src/domain/errors.ts';
import type { CallDesk, SpoiltBy } from './call-desk.ts';
import type { Life } from './life.ts';

/** A wrong answer to these comes with nothing done, which is a change whatever it says. */
const withEffect = ['pin/update', 'pin/rm', 'repo/gc'];

/** For how long the daemon works on a question. */
type During = () => AbortSignal;

/** Told when the daemon begins and ends to work on a pull. */
export interface PullWatch {
  pullBegins(cid: string): void;
  pullEnds(cid: string): void;
}

/** One process's way to the daemon; the answers are those that the real client makes of the daemon's. */
export class SimIpfs implements Ipfs {
  readonly #model: IpfsModel;
  readonly #desk: CallDesk;
  readonly #life: Life;
  readonly #watch: PullWatch;

  constructor(model: IpfsModel, desk: CallDesk, life: Life, watch: PullWatch) {
    this.#model = model;
    this.#desk = desk;
    this.#life = life;
    this.#watch = watch;
  }

  async pinAdd(cid: string, options: PinAddOptions): Promise<PinAddResult> {
    const call = { part: 'ipfs', name: 'pin/add', target: cid } as const;
    return await this.#desk.ask(
      call,
      this.#life,
      options.signal,
      async (fault, missed) => await this.#pin(cid, options, fault, missed),
    );
  }

  async pinAgain(cid: string, signal: AbortSignal): Promise<PinAgainResult> {
    return await this.#ask<PinAgainResult>(
      'pin/update',
      cid,
      signal,
      async (during) => ({ kind: (await this.#model.pinUpdate(cid, during())) ? 'pinned' : 'incomplete' }),
      () => ({ kind: 'incomplete' }),
    );
  }

  async isPinned(cid: string, signal: AbortSignal): Promise<boolean> {
    const isPinned = async (): Promise<boolean> => (await this.#model.pinType(cid)) === 'recursive';
    return await this.#ask('pin/ls', cid, signal, isPinned, async () => !(await isPinned()));
  }

  async *pinnedRoots(signal: AbortSignal): AsyncIterable<string> {
    const pinned = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const { cid } of this.#model.pins('recursive')) found.push(cid);
      return found;
    };
    const roots = await this.#ask('pin/ls (all)', undefined, signal, pinned, () => []);
    yield* roots;
  }

  async pinRemove(cid: string, signal: AbortSignal): Promise<'removed' | 'not-pinned'> {
    return await this.#ask<'removed' | 'not-pinned'>(
      'pin/rm',
      cid,
      signal,
      async (during) => await this.#unpin(cid, during()),
      () => 'not-pinned',
    );
  }

  async #unpin(cid: string, signal: AbortSignal): Promise<'removed' | 'not-pinned'> {
    try {
      await this.#model.pinRm(cid, signal);
      return 'removed';
    } catch (error) {
      if (error instanceof IpfsRpcError && error.message.includes('not pinned')) return 'not-pinned';
      throw error;
    }
  }

  async collectGarbage(signal: AbortSignal): Promise<GarbageCollection> {
    const collect = async (during: During): Promise<GarbageCollection> => {
      const removed = await this.#model.repoGc(during());
      return { removedBlocks: removed.length, errors: [] };
    };
    return await this.#ask('repo/gc', undefined, signal, collect, () => ({ removedBlocks: 0, errors: [] }));
  }

  async repoSize(signal: AbortSignal): Promise<RepoSize> {
    const size = async (): Promise<RepoSize> => {
      const { sizeBytes, storageMaxBytes } = await this.#model.repoStat();
      return { sizeBytes, storageMaxBytes };
    };
    return await this.#ask('repo/stat', undefined, signal, size, async () => ({ ...(await size()), sizeBytes: 0 }));
  }

  async identity(signal: AbortSignal): Promise<IpfsIdentity> {
    const identity = { peerId: this.#model.peerId, agentVersion: 'go-ipfs/0.8.0/' };
    const other = { ...identity, peerId: 'another' };
    return await this.#ask<IpfsIdentity>(
      'id',
      undefined,
      signal,
      () => identity,
      () => other,
    );
  }

  async version(signal: AbortSignal): Promise<string> {
    return await this.#ask(
      'version',
      undefined,
      signal,
      () => '0.8.0',
      () => '0.0.1',
    );
  }

  async close(): Promise<void> {
    // Nothing is open between two answers.
  }

  /** `carryOut` is given for how long it may go on. `lie`: what is answered instead, with nothing done, when the answer is to be wrong. */
  async #ask<T>(
    name: string,
    target: string | undefined,
    signal: AbortSignal,
    carryOut: (during: During) => T | Promise<T>,
    lie: () => T | Promise<T>,
  ): Promise<T> {
    return await this.#desk.ask({ part: 'ipfs', name, target }, this.#life, signal, async (fault, missed) => {
      this.#mustRun(name, missed);
      // What comes late goes on whether or not anybody waits for it.
      const during = (): AbortSignal => (fault === 'late' ? new AbortController().signal : this.#whileAlive(signal));
      const work = (): T | Promise<T> => carryOut(during);
      if (fault === 'dropped') throw lost(name, 'socket hang up');
      if (fault === 'error') throw new SmError('IPFS_REFUSED', `The IPFS daemon refused: fault injected (${name})`);
      if (fault === 'wrong') {
        const answer = await this.#translated(name, lie, missed);
        if (!withEffect.includes(name) && isDeepStrictEqual(answer, await this.#translated(name, work))) missed();
        return answer;
      }
      const answer = await this.#translated(name, work, missed);
      if (fault === 'repeated') return await this.#translated(name, work);
      if (fault === 'answer-dropped' || fault === 'half') throw lost(name, 'broke its answer off');
      if (fault === 'garbage') throw garbage(name);
      return answer;
    });
  }

  async #pin(
    cid: string,
    { signal, onProgress }: PinAddOptions,
    fault: SpoiltBy,
    missed: () => void,
  ): Promise<PinAddResult> {
    this.#mustRun('pin/add', missed);
    if (fault === 'dropped') throw lost('pin/add', 'socket hang up');
    if (fault === 'error') return readRefusal('pin: fault injected');
    if (fault === 'wrong') return { kind: 'pinned' };
    const connection = new AbortController();
    const hangUp = (): void => connection.abort();
    const release = this.#hangUpWith(signal, hangUp);
    this.#watch.pullBegins(cid);
    try {
      const report = (blocks: number): void => {
        if (this.#life.isDead || connection.signal.aborted) return;
        onProgress(blocks);
        if (fault === 'half' || fault === 'garbage') connection.abort();
      };
      report(0);
      if (fault === 'repeated') await this.#model.pinAdd(cid, { signal: connection.signal, onProgress: report });
      await this.#model.pinAdd(cid, { signal: connection.signal, onProgress: report });
    } catch (error) {
      if (fault === 'half') throw lost('pin/add', 'broke its answer off');
      if (fault === 'garbage') throw garbage('pin/add');
      missed();
      signal.throwIfAborted();
      return refusal(error);
    } finally {
      this.#watch.pullEnds(cid);
      release();
    }
    if (fault === 'answer-dropped' || fault === 'half') throw lost('pin/add', 'broke its answer off');
    if (fault === 'garbage') throw garbage('pin/add');
    return { kind: 'pinned' };
  }

  /** A process that is gone hangs up: the daemon cancels what it did for it. */
  #hangUpWith(signal: AbortSignal, hangUp: () => void): () => void {
    this.#life.onDeath(hangUp);
    if (signal.aborted) hangUp();
    signal.addEventListener('abort', hangUp, { once: true });
    return () => signal.removeEventListener('abort', hangUp);
  }

  #whileAlive(signal: AbortSignal): AbortSignal {
    const control = new AbortController();
    this.#hangUpWith(signal, () => control.abort());
    return control.signal;
  }

  #mustRun(name: string, missed: () => void): void {
    if (this.#model.isRunning) return;
    missed();
    throw lost(name, 'connect ECONNREFUSED');
  }

  async #translated<T>(name: string, work: () => T | Promise<T>, failed?: () => void): Promise<T> {
    try {
      return await work();
    } catch (error) {
      failed?.();
      if (error instanceof IpfsRpcError) throw new SmError('IPFS_REFUSED', error.message, { call: name }, error);
      if (error instanceof Error && error.name !== 'AbortError') throw lost(name, error.message);
      throw error;
    }
  }
}

function refusal(error: unknown): PinAddResult {
  if (!(error instanceof IpfsRpcError)) throw lost('pin/add', error instanceof Error ? error.message : String(error));
  if (isStopping(error.message)) throw lost('pin/add', error.message);
  return readRefusal(error.message);
}

function lost(call: string, reason: string): SmError {
  return new SmError('IPFS_UNREACHABLE', `The IPFS daemon cannot be reached: ${reason} (${call})`, { call, reason });
}

function garbage(call: string): SmError {
  return new SmError('IPFS_BAD_ANSWER', `The IPFS daemon gave an answer that cannot be understood (${call})`, { call });
}
