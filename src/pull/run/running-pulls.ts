import type { PullPermit } from '../../store/pulls.ts';
import type { PullSettings } from '../ports.ts';
import { pinsAreHeld } from '../rules/held-pins.ts';
import { kindOf, openKinds, type SlotCounts, slotsOf } from '../rules/slots.ts';
import { RunningPull } from './running-pull.ts';

/** The pulls under way and the places kept for orders that are being picked: slots, space and CIDs are counted here. */
export class RunningPulls {
  readonly #settings: Pick<PullSettings, 'stallMs' | 'maxPendingTasks'>;
  readonly #pulls = new Set<RunningPull>();
  /** Those that the daemon has answered, oldest answer first: sWorker is asked about them. */
  readonly #answered = new Set<RunningPull>();
  /** Those that need a slot once more, oldest first. */
  #returning: { readonly pull: RunningPull; readonly admit: () => void }[] = [];
  /** Order id → size in bytes. */
  readonly #reserved = new Map<number, number>();
  /** The same of orders that have a claim and wait for a slot: they have none yet. */
  readonly #claimed = new Map<number, number>();
  #sequence = 0;
  #newestMoved = -1;
  #isStopping = false;

  constructor(settings: Pick<PullSettings, 'stallMs' | 'maxPendingTasks'>) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#pulls.size;
  }

  list(): readonly RunningPull[] {
    return [...this.#pulls];
  }

  /** Those of them that the daemon works for. */
  atDaemon(): readonly RunningPull[] {
    return [...this.#pulls].filter((pull) => !this.#answered.has(pull));
  }

  /** Slots taken. Of the pulls that the daemon has answered half as many as there are slots need none: more, and sWorker answers slower than it pins. */
  counts(): SlotCounts {
    const besides = [...this.#answered].slice(Math.ceil(this.#settings.maxPendingTasks / 2));
    const inSlots = [...this.atDaemon(), ...besides].map((pull) => pull.kind);
    const kinds = [...inSlots, ...[...this.#reserved.values()].map(kindOf)];
    const large = kinds.filter((kind) => kind === 'large').length;
    return { large, small: kinds.length - large };
  }

  /** Bytes that pulls and reservations, but for one order's, still have to bring. */
  pendingBytes(besidesOrderId?: number): number {
    let bytes = 0;
    for (const pull of this.#pulls) if (pull.permit.claim.orderId !== besidesOrderId) bytes += pull.remainingBytes;
    for (const [orderId, sizeBytes] of [...this.#reserved, ...this.#claimed])
      if (orderId !== besidesOrderId) bytes += sizeBytes;
    return bytes;
  }

  reserve(orderId: number, sizeBytes: number): void {
    this.#reserved.set(orderId, sizeBytes);
  }

  /** Keeps the space alone, for an order that is claimed ahead of its slot. */
  reserveSpace(orderId: number, sizeBytes: number): void {
    this.#claimed.set(orderId, sizeBytes);
  }

  release(orderId: number): void {
    this.#reserved.delete(orderId);
    this.#claimed.delete(orderId);
  }

  /** Turns what is kept for a claimed order into a running pull. */
  begin(permit: PullPermit, monotonicMs: number): RunningPull {
    this.release(permit.claim.orderId);
    const pull = new RunningPull(permit, this.#sequence++, monotonicMs, this.#settings.stallMs);
    this.#pulls.add(pull);
    if (this.#isStopping) pull.abort('stopped');
    return pull;
  }

  /** The daemon has answered; the pull goes on without it. Returns whether a slot was freed. */
  noteAnswered(pull: RunningPull): boolean {
    return this.#freesSlot(() => {
      if (this.#pulls.has(pull)) this.#answered.add(pull);
    });
  }

  /** Resolves when the pull has a slot again, before any other gets one; at once when it is ended early. */
  async takeSlot(pull: RunningPull): Promise<void> {
    if (!this.#answered.has(pull)) return;
    await new Promise<void>((admit) => {
      this.#returning.push({ pull, admit });
      pull.signal.addEventListener('abort', () => this.#admit(), { once: true });
      this.#admit();
    });
  }

  /** Returns whether a slot was freed. */
  remove(pull: RunningPull): boolean {
    this.noteMoved(pull);
    return this.#freesSlot(() => {
      this.#pulls.delete(pull);
      this.#answered.delete(pull);
    });
  }

  noteMoved(pull: RunningPull): void {
    if (pull.hasFirstBlock) this.#newestMoved = Math.max(this.#newestMoved, pull.sequence);
  }

  /** Whether the daemon holds pins back. */
  get areHeld(): boolean {
    for (const pull of this.#pulls) this.noteMoved(pull);
    return pinsAreHeld(this.atDaemon(), this.#newestMoved);
  }

  /** Ends all pulls, those too that begin from now on. */
  stop(): void {
    this.#isStopping = true;
    for (const pull of this.#pulls) pull.abort('stopped');
  }

  #freesSlot(change: () => void): boolean {
    const taken = (): number => this.counts().small + this.counts().large;
    const before = taken();
    change();
    const isFreed = taken() < before;
    if (isFreed) this.#admit();
    return isFreed;
  }

  #admit(): void {
    this.#returning = this.#returning.filter(({ pull, admit }) => {
      const open = openKinds(slotsOf(this.#settings.maxPendingTasks), this.counts(), false);
      if (pull.abortReason === undefined && !open.includes(pull.kind)) return true;
      this.#answered.delete(pull);
      admit();
      return false;
    });
  }
}
