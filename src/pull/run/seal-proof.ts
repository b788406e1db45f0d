import { HOUR_MS } from '../../domain/units.ts';
import type { LoopParts } from '../../runtime/loop.ts';
import type { Database } from '../../store/database.ts';
import type { Facts } from '../../store/facts.ts';
import { despiteFullDisk } from './despite-full-disk.ts';

const ENOUGH_CIDS = 3;

export const sealProofCondition = 'daemon-does-not-seal';

/**
 * Whether the IPFS daemon seals what it pins. Three different CIDs in a row that were pinned and not sealed say no: then no pull starts but
 * one probe an hour, until one is sealed.
 */
export class SealProof {
  readonly #parts: LoopParts & { readonly database: Database; readonly facts: Facts };
  #unsealed: readonly string[] = [];
  #nextProbeMs = 0;

  constructor(parts: LoopParts & { readonly database: Database; readonly facts: Facts }) {
    this.#parts = parts;
  }

  async load(): Promise<void> {
    const stored = await this.#parts.facts.find('seal-proof');
    if (stored === undefined) return;
    this.#unsealed = stored.unsealedCids;
    this.#nextProbeMs = stored.nextProbeMs;
    if (this.isMissing) this.#raise();
  }

  get isMissing(): boolean {
    return this.#unsealed.length >= ENOUGH_CIDS;
  }

  /** While the proof is missing: whether one pull may try. */
  get isProbeDue(): boolean {
    const waitMs = this.#nextProbeMs - this.#parts.clock.nowMs();
    // A wait beyond the hour can only come from a stepped clock.
    return waitMs <= 0 || waitMs > HOUR_MS;
  }

  async noteProbe(): Promise<void> {
    await this.#keep(this.#unsealed, this.#parts.clock.nowMs() + HOUR_MS);
  }

  async noteSealed(): Promise<void> {
    if (this.#unsealed.length === 0) return;
    await this.#keep([], 0);
    if (this.#parts.conditions.clear(sealProofCondition)) this.#parts.logger.info('The IPFS daemon seals again');
  }

  async noteUnsealed(cid: string): Promise<void> {
    if (this.#unsealed.includes(cid) || this.isMissing) return;
    const unsealed = [...this.#unsealed, cid];
    await this.#keep(unsealed, this.#parts.clock.nowMs() + HOUR_MS);
    if (unsealed.length < ENOUGH_CIDS) return;
    this.#raise();
    this.#parts.logger.error(
      'The IPFS daemon pins but does not seal: no file is pulled but one an hour to try. Is it the Crust-patched daemon, and does its Datastore.Spec name this sWorker?',
      { cids: unsealed.join(' ') },
    );
  }

  #raise(): void {
    this.#parts.conditions.raise(sealProofCondition, {
      kind: 'wait',
      part: 'ipfs',
      message: 'the IPFS daemon pins but does not seal',
    });
  }

  async #keep(unsealedCids: readonly string[], nextProbeMs: number): Promise<void> {
    this.#unsealed = unsealedCids;
    this.#nextProbeMs = nextProbeMs;
    const { database, facts } = this.#parts;
    await despiteFullDisk(async () =>
      database.write('claim', async (tx) => await facts.set(tx, 'seal-proof', { unsealedCids, nextProbeMs })),
    );
  }
}
