import { hasCode, isOutage } from '../../domain/errors.ts';
import { MINUTE_MS } from '../../domain/units.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Conditions } from '../../runtime/conditions.ts';
import type { PullSworker } from '../ports.ts';
import type { SealState } from '../rules/end-types.ts';

const LATELY_MS = 5 * MINUTE_MS;

/** Asks sWorker for the pull room and remembers when it failed to answer. */
export class SworkerDesk {
  readonly #sworker: PullSworker;
  readonly #clock: Clock;
  readonly #conditions: Conditions;
  #failedAtMs: number | undefined;

  constructor(parts: { readonly sworker: PullSworker; readonly clock: Clock; readonly conditions: Conditions }) {
    this.#sworker = parts.sworker;
    this.#clock = parts.clock;
    this.#conditions = parts.conditions;
  }

  /** sWorker could not be asked at some moment of the last five minutes. */
  get failedLately(): boolean {
    if (this.#conditions.away('sworker')) return true;
    return this.#failedAtMs !== undefined && this.#clock.monotonicMs() - this.#failedAtMs <= LATELY_MS;
  }

  /** What sWorker has of a file; being unable to ask is an answer here, because a pull has to end either way. */
  async sealState(cid: string, signal: AbortSignal): Promise<SealState> {
    try {
      return (await this.#ask(async () => await this.#sworker.fileInfo(cid, signal)))?.type ?? 'absent';
    } catch (error) {
      if (hasCode(error, 'SWORKER_UPGRADING')) return 'upgrading';
      if (isOutage(error)) return 'away';
      throw error;
    }
  }

  /** Sealed bytes of every pending file, by CID. */
  async pendingBytes(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const files = await this.#ask(async () => await this.#sworker.pendingFiles(signal));
    return new Map(files.map((file) => [file.cid, file.sealedBytes]));
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      if (isOutage(error) && error.code !== 'SWORKER_UPGRADING') this.#failedAtMs = this.#clock.monotonicMs();
      throw error;
    }
  }
}
