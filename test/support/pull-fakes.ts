import type { PinAddOptions, PinAddResult } from '../../src/clients/ipfs/ipfs.ts';
import type { SworkerFile } from '../../src/clients/sworker/files.ts';
import { SmError } from '../../src/domain/errors.ts';
import type { PullIpfs, PullSworker } from '../../src/pull/ports.ts';

/** One `pin/add` under way, ended by the test. */
export interface PinCall {
  readonly cid: string;
  readonly isOpen: boolean;
  progress(blocks: number): void;
  pinned(): void;
  refuse(refusal: Omit<PinAddResult & { readonly kind: 'refused' }, 'kind' | 'message'>): void;
  breakOff(): void;
}

/** An IPFS daemon whose pins end as the test says. Remembers whether one CID was ever pinned twice at once. */
export class FakeIpfs implements PullIpfs {
  readonly calls: PinCall[] = [];
  readonly pins = new Set<string>();
  readonly removed: string[] = [];
  ranTwice = false;
  isAway = false;
  /** Ends a pin as soon as it is asked for; undefined leaves it to the test. */
  answers: (cid: string) => PinAddResult | undefined = () => undefined;
  readonly #open = new Set<string>();

  async pinAdd(cid: string, { signal, onProgress }: PinAddOptions): Promise<PinAddResult> {
    if (this.isAway) throw new SmError('IPFS_UNREACHABLE', 'connection refused');
    if (this.#open.has(cid)) this.ranTwice = true;
    this.#open.add(cid);
    try {
      const answer = this.answers(cid);
      const result = answer ?? (await this.#wait(cid, signal, onProgress));
      // A pin that stands is answered without a walk.
      if (result.kind === 'pinned' && !this.pins.has(cid)) onProgress(1);
      if (result.kind === 'pinned') this.pins.add(cid);
      return result;
    } finally {
      this.#open.delete(cid);
    }
  }

  async isPinned(cid: string): Promise<boolean> {
    if (this.isAway) throw new SmError('IPFS_UNREACHABLE', 'connection refused');
    return this.pins.has(cid);
  }

  async pinRemove(cid: string): Promise<'removed' | 'not-pinned'> {
    this.removed.push(cid);
    return this.pins.delete(cid) ? 'removed' : 'not-pinned';
  }

  async version(): Promise<string> {
    if (this.isAway) throw new SmError('IPFS_UNREACHABLE', 'connection refused');
    return '0.8.0';
  }

  /** The pins under way. */
  get open(): readonly PinCall[] {
    return this.calls.filter((call) => call.isOpen);
  }

  /** The pin under way for a CID. */
  call(cid: string): PinCall {
    const found = this.open.find((call) => call.cid === cid);
    if (found === undefined) throw new Error(`no pin of ${cid} is under way`);
    return found;
  }

  async #wait(cid: string, signal: AbortSignal, onProgress: (blocks: number) => void): Promise<PinAddResult> {
    return await new Promise<PinAddResult>((resolve, reject) => {
      let isOpen = true;
      const end = (settle: () => void): void => {
        isOpen = false;
        settle();
      };
      const abort = (): void => end(() => reject(signal.reason));
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      this.calls.push({
        cid,
        get isOpen() {
          return isOpen;
        },
        progress: onProgress,
        pinned: () => end(() => resolve({ kind: 'pinned' })),
        refuse: (refusal) => end(() => resolve({ kind: 'refused', message: 'pin: …', ...refusal })),
        breakOff: () => end(() => reject(new SmError('IPFS_UNREACHABLE', 'socket hang up'))),
      });
    });
  }
}

/** An sWorker that holds what the test says. */
export class FakeSworker implements PullSworker {
  readonly files = new Map<string, SworkerFile>();
  readonly endedSeals: string[] = [];
  isAway = false;

  hold(cid: string, type: 'valid' | 'lost' = 'valid'): void {
    this.files.set(cid, { type, cid, sizeBytes: 1000, sealedBytes: 1000 });
  }

  seal(cid: string, sealedBytes: number): void {
    this.files.set(cid, { type: 'pending', cid, sealedBytes });
  }

  async fileInfo(cid: string): Promise<SworkerFile | undefined> {
    this.#answer();
    return this.files.get(cid);
  }

  async pendingFiles() {
    this.#answer();
    return [...this.files.values()].filter((file) => file.type === 'pending');
  }

  async endSeal(cid: string): Promise<'ended' | 'absent' | 'incomplete'> {
    this.#answer();
    this.endedSeals.push(cid);
    this.files.delete(cid);
    return 'incomplete';
  }

  #answer(): void {
    if (this.isAway) throw new SmError('SWORKER_UNREACHABLE', 'connection refused');
  }
}
