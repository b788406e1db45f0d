import type { PullPermit } from '../../store/pulls.ts';
import { pinsAreHeld } from '../rules/held-pins.ts';
import { kindOf, type SlotCounts } from '../rules/slots.ts';
import { RunningPull } from './running-pull.ts';

/** The pulls under way and the places kept for orders that are being picked: slots, space and CIDs are counted here. */
export class RunningPulls {
  readonly #stallMs: number;
  readonly #pulls = new Set<RunningPull>();
  /** Order id → size in bytes. */
  readonly #reserved = new Map<number, number>();
  /** The same of orders that have a claim and wait for a slot: they have none yet. */
  readonly #claimed = new Map<number, number>();
  #sequence = 0;
  #newestMoved = -1;
  #isStopping = false;

  constructor(stallMs: number) {
    this.#stallMs = stallMs;
  }

  get size(): number {
    return this.#pulls.size;
  }

  list(): readonly RunningPull[] {
    return [...this.#pulls];
  }

  counts(): SlotCounts {
    const kinds = [...[...this.#pulls].map((pull) => pull.kind), ...[...this.#reserved.values()].map(kindOf)];
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
    const pull = new RunningPull(permit, this.#sequence++, monotonicMs, this.#stallMs);
    this.#pulls.add(pull);
    if (this.#isStopping) pull.abort('stopped');
    return pull;
  }

  /** Returns false when it was removed before. */
  remove(pull: RunningPull): boolean {
    this.noteMoved(pull);
    return this.#pulls.delete(pull);
  }

  noteMoved(pull: RunningPull): void {
    if (pull.hasFirstBlock) this.#newestMoved = Math.max(this.#newestMoved, pull.sequence);
  }

  /** Whether the daemon holds pins back. */
  get areHeld(): boolean {
    for (const pull of this.#pulls) this.noteMoved(pull);
    return pinsAreHeld([...this.#pulls], this.#newestMoved);
  }

  /** Ends all pulls, those too that begin from now on. */
  stop(): void {
    this.#isStopping = true;
    for (const pull of this.#pulls) pull.abort('stopped');
  }
}
