import type { PullPermit } from '../../store/pulls.ts';
import { CeilingWatch } from '../rules/ceiling.ts';
import type { AbortReason } from '../rules/end-types.ts';
import { isOversize } from '../rules/oversize.ts';
import { kindOf, type Kind } from '../rules/slots.ts';
import { remainingBytes } from '../rules/space.ts';
import { StallWatch, type PollView } from '../rules/stall.ts';

/** One pull under way: its permit, its progress and the one way to end it early. */
export class RunningPull {
  readonly permit: PullPermit;
  /** Rises with every pull that starts. */
  readonly sequence: number;
  readonly kind: Kind;
  readonly startedMonotonicMs: number;
  readonly #stallMs: number;
  readonly #controller = new AbortController();
  #stall: StallWatch;
  readonly #ceiling: CeilingWatch;
  #blocks = 0;
  #sealedBytes = 0;
  #hasEntry = false;
  #moved = false;
  #hasSign = false;
  #abortReason: AbortReason | undefined;

  constructor(permit: PullPermit, sequence: number, startedMonotonicMs: number, stallMs: number) {
    this.permit = permit;
    this.sequence = sequence;
    this.kind = kindOf(permit.claim.sizeBytes);
    this.startedMonotonicMs = startedMonotonicMs;
    this.#stallMs = stallMs;
    this.#stall = new StallWatch(stallMs);
    this.#ceiling = new CeilingWatch(permit.claim.sizeBytes);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get abortReason(): AbortReason | undefined {
    return this.#abortReason;
  }

  get blocks(): number {
    return this.#blocks;
  }

  get sealedBytes(): number {
    return this.#sealedBytes;
  }

  /** Whether sWorker was seen to hold a pending entry for it. */
  get hasEntry(): boolean {
    return this.#hasEntry;
  }

  get hasFirstBlock(): boolean {
    return this.#moved;
  }

  get remainingBytes(): number {
    return remainingBytes(this.permit.claim.sizeBytes, this.#sealedBytes);
  }

  /** The daemon reported blocks. Returns true for the first one. */
  noteBlocks(blocks: number): boolean {
    this.#blocks = blocks;
    this.#hasSign = true;
    const isFirst = !this.#moved && blocks > 0;
    this.#moved ||= isFirst;
    return isFirst;
  }

  /** Whether the daemon was heard of since the last call. */
  takeSign(): boolean {
    const hadSign = this.#hasSign;
    this.#hasSign = false;
    return hadSign;
  }

  /** sWorker's pending entry for it; undefined when it has none. */
  noteEntry(sealedBytes: number | undefined): void {
    if (sealedBytes === undefined) return;
    this.#hasEntry = true;
    this.#sealedBytes = sealedBytes;
    if (sealedBytes > 0) this.#moved = true;
  }

  /** What the polls so far say against it. */
  judge(view: Omit<PollView, 'blocks' | 'sealedBytes'>): 'stall' | 'ceiling' | 'oversize' | undefined {
    if (isOversize(this.permit.claim.sizeBytes, this.#sealedBytes)) return 'oversize';
    if (this.#stall.poll({ ...view, blocks: this.#blocks, sealedBytes: this.#sealedBytes })) return 'stall';
    // Time in which the daemon lets a pull wait is not the pull's, nor is time in which nobody can see what it seals.
    const isUnjudged = this.#moved ? !view.sealedKnown : view.held;
    const spanMs = isUnjudged ? 0 : view.spanMs;
    return this.#ceiling.poll(spanMs, this.#sealedBytes) ? 'ceiling' : undefined;
  }

  /** A second `pin/add` under the same permit: its blocks are counted anew, its ceiling is not. */
  beginAgain(): void {
    this.#blocks = 0;
    this.#stall = new StallWatch(this.#stallMs);
  }

  /** Ends the daemon's work on it; the first reason stands. */
  abort(reason: AbortReason): void {
    this.#abortReason ??= reason;
    this.#controller.abort();
  }
}
