import { isOutage } from '../../domain/errors.ts';
import { SECOND_MS } from '../../domain/units.ts';
import type { LoopParts } from '../../runtime/loop.ts';
import type { PullRecords } from '../../store/pull-records.ts';
import type { PickPorts } from '../ports.ts';
import type { PinAnswer } from '../rules/end-types.ts';
import type { Circumstances } from '../rules/hidden-codes.ts';
import { interruptedInADay, suspiciousInARow } from '../rules/history.ts';
import { sworkerRoom } from '../rules/slots.ts';
import { noSpace } from '../rules/space.ts';
import type { RunningPull } from './running-pull.ts';
import type { RunningPulls } from './running-pulls.ts';
import type { SworkerDesk } from './sworker-desk.ts';

/** Connections of one crashed daemon break within moments of each other. */
const TOGETHER_MS = 5 * SECOND_MS;

interface CircumstanceParts extends LoopParts, Pick<PickPorts, 'refreshWorkload'> {
  readonly records: PullRecords;
  readonly running: RunningPulls;
  readonly desk: SworkerDesk;
}

/** Finds out what the end of a pull has to be judged by. Asks only what the answer of the daemon makes worth asking. */
export class CircumstanceReader {
  readonly #parts: CircumstanceParts;
  #losses: readonly { readonly cid: string; readonly atMs: number }[] = [];

  constructor(parts: CircumstanceParts) {
    this.#parts = parts;
  }

  async read(pull: RunningPull, answer: PinAnswer, headBlock: number, signal: AbortSignal): Promise<Circumstances> {
    const { records, desk } = this.#parts;
    const history = await records.history(pull.permit.claim.cid);
    const { limitsReached, noSpaceNow } = await this.#readWorkload(pull, answer, signal);
    const othersDropped = await this.#othersDropped(pull, answer, signal);
    const lostTogether = await this.#lostTogether(pull, answer, signal);
    return {
      limitsReached,
      noSpaceNow,
      othersDropped,
      severalEnded: othersDropped || lostTogether,
      sworkerFailedLately: desk.failedLately,
      suspiciousInARow: suspiciousInARow(history),
      interruptedInADay: interruptedInADay(history, headBlock),
    };
  }

  async #readWorkload(
    pull: RunningPull,
    answer: PinAnswer,
    signal: AbortSignal,
  ): Promise<Pick<Circumstances, 'limitsReached' | 'noSpaceNow'>> {
    const unknown = { limitsReached: false, noSpaceNow: false };
    const asks = answer.kind === 'refused' && (answer.stage === 'start-seal' || answer.stage === 'seal');
    if (!asks || answer.httpStatus !== 500) return unknown;
    try {
      const { files, srd } = await this.#parts.refreshWorkload(signal);
      const allFiles = files.pending.num + files.valid.num + files.lost.num;
      const { orderId, sizeBytes } = pull.permit.claim;
      const others = this.#parts.running.pendingBytes(orderId);
      return {
        limitsReached: sworkerRoom(files.pending.num, allFiles) === 0,
        noSpaceNow: noSpace(srd, sizeBytes, others) !== undefined,
      };
    } catch (error) {
      if (!isOutage(error)) throw error;
      return unknown;
    }
  }

  /** Whether another pull that had a pending entry has none now: sWorker restarted under them. */
  async #othersDropped(pull: RunningPull, answer: PinAnswer, signal: AbortSignal): Promise<boolean> {
    const asks = answer.kind === 'refused' && (answer.stage === 'seal' || answer.stage === 'end-seal');
    const others = this.#parts.running.list().filter((other) => other !== pull && other.hasEntry);
    if (!asks || others.length === 0) return false;
    try {
      const pending = await this.#parts.desk.pendingBytes(signal);
      const stillRunning = new Set(this.#parts.running.list());
      return others.some((other) => stillRunning.has(other) && !pending.has(other.permit.claim.cid));
    } catch (error) {
      if (!isOutage(error)) throw error;
      return true;
    }
  }

  /** Whether other pulls lost their connection, or the daemon its one to sWorker, in the same moments. */
  async #lostTogether(pull: RunningPull, answer: PinAnswer, signal: AbortSignal): Promise<boolean> {
    const isLoss = answer.kind === 'lost' || (answer.kind === 'refused' && answer.stage === 'sworker-away');
    if (!isLoss) return false;
    const { cid } = pull.permit.claim;
    const atMs = this.#parts.clock.monotonicMs();
    this.#losses = [...this.#losses.filter((loss) => atMs - loss.atMs <= 2 * TOGETHER_MS), { cid, atMs }];
    const isTogether = (): boolean =>
      this.#losses.some((loss) => loss.cid !== cid && Math.abs(loss.atMs - atMs) <= TOGETHER_MS);
    if (isTogether() || this.#parts.running.size < 2) return isTogether();
    await this.#parts.clock.sleep(TOGETHER_MS, signal);
    return isTogether();
  }
}
