import { hasCode, isDiskTrouble } from '../../domain/errors.ts';
import type { PullEnd } from '../../domain/pull-ends.ts';
import type { LoopParts } from '../../runtime/loop.ts';
import type { PullRecords } from '../../store/pull-records.ts';
import type { EndedOrder } from '../../store/pulls.ts';
import type { PickPorts, PullIpfs, PullSettings } from '../ports.ts';
import { classifyEnd, heldEnd } from '../rules/classify-end.ts';
import type { Random } from '../rules/draw-source.ts';
import type { AbortReason, PinAnswer } from '../rules/end-types.ts';
import { pinStood } from '../rules/pin-stood.ts';
import type { CircumstanceReader } from './circumstances.ts';
import type { EndWriter } from './end-writer.ts';
import type { HeadBlock } from './head-block.ts';
import { LookAfter } from './look-after.ts';
import type { RunningPull } from './running-pull.ts';
import type { SealProof } from './seal-proof.ts';
import type { SworkerDesk } from './sworker-desk.ts';
import type { UpgradeHold } from './upgrade-hold.ts';

/** A claim that is no older is not looked at again before its pull starts: while hundreds end a second the question would cost slots. */
const freshMs = 500;

/** The place of a pull among those that the daemon works for. */
export interface PullSlot {
  readonly leave: () => void;
  /** Resolves when it has a place again. */
  readonly take: () => Promise<void>;
  /** sWorker has the file: nobody works for the pull any more, and its bytes are counted by sWorker. */
  readonly sealed: () => void;
}

interface RunnerParts extends LoopParts, Pick<PickPorts, 'refreshWorkload' | 'pinsInDoubt'> {
  readonly ipfs: PullIpfs;
  readonly head: HeadBlock;
  readonly records: PullRecords;
  readonly desk: SworkerDesk;
  readonly circumstances: CircumstanceReader;
  readonly endWriter: EndWriter;
  readonly sealProof: SealProof;
  readonly upgradeHold: UpgradeHold;
  readonly settings: Pick<PullSettings, 'maxAttempts'>;
  readonly random: Random;
}

/** Carries one claimed pull to its end: pins it, asks sWorker what came of it, and writes the end down. */
export class PullRunner {
  readonly #parts: RunnerParts;
  readonly #looks: LookAfter;
  #daemonInDoubt = true;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#looks = new LookAfter(parts.random);
  }

  /** True at first, and after a connection to the daemon was lost, until `daemonAnswered` is told. */
  get daemonInDoubt(): boolean {
    return this.#daemonInDoubt;
  }

  daemonAnswered(): void {
    this.#daemonInDoubt = false;
  }

  doubtDaemon(): void {
    this.#daemonInDoubt = true;
  }

  /**
   * Resolves when the end is written down, with whether the order is handled; `stop` is the task's signal. The slot is left when neither the daemon nor
   * sWorker works for this pull any more: once the daemon has pinned it, before sWorker is asked what it has.
   */
  async run(pull: RunningPull, stop: AbortSignal, slot: PullSlot): Promise<boolean> {
    const { claim } = pull.permit;
    await this.#letGoIfClosed(pull);
    let answer = await this.#pin(pull);
    if (answer.kind === 'pinned') slot.leave();
    let end = await this.#judge(pull, answer, claim.startedBlock, stop);
    const pinnedBefore = claim.pinnedBefore ?? pinStood(answer, pull.blocks, end.reason === 'sealed');
    if (end.reason === 'not-sealed' && !stop.aborted) {
      await slot.take();
      // A pin is not taken away on one word of sWorker: at its start or end it may not know a file that it has.
      if (pull.abortReason === undefined) end = await this.#judge(pull, answer, claim.startedBlock, stop);
      if (end.reason === 'not-sealed') {
        answer = await this.#pinAnew(pull);
        end = await this.#judge(pull, answer, claim.startedBlock, stop);
        if (end.reason === 'not-sealed' && pinnedBefore === false) await this.#removeOwnPin(pull);
      }
    }
    if (end.next.kind === 'handled') slot.sealed();
    const ended = await this.#write(pull, end, pinnedBefore, stop);
    await this.#learn(pull, answer, end);
    return ended?.orderStatus === 'handled';
  }

  /** A close may have been confirmed while a claim waited for its slot; later ones, and those of a moment before, are the poll's. */
  async #letGoIfClosed(pull: RunningPull): Promise<void> {
    const { recordId, claim } = pull.permit;
    if (this.#parts.clock.nowMs() - claim.startedMs < freshMs) return;
    const closing = await this.#parts.records.listClosing([{ recordId, orderId: claim.orderId }]);
    if (closing.length > 0) pull.abort('closed');
  }

  async #pin(pull: RunningPull): Promise<PinAnswer> {
    return await this.#asAnswer(pull, async () =>
      this.#parts.ipfs.pinAdd(pull.permit.claim.cid, {
        signal: pull.signal,
        onProgress: (blocks) => {
          if (pull.noteBlocks(blocks)) this.#parts.upgradeHold.noteTaken();
        },
      }),
    );
  }

  /**
   * The daemon answers at once for a pin that stands, sealing nothing. Taking the pin away is safe: nothing is sealed under it, and as this
   * pull's record is running, no garbage collection of ours begins between the two. What cannot be written down before is not done.
   */
  async #pinAnew(pull: RunningPull): Promise<PinAnswer> {
    const { ipfs, records } = this.#parts;
    try {
      await records.markRepinned(pull.permit.recordId);
    } catch (error) {
      if (!isDiskTrouble(error)) throw error;
      return { kind: 'aborted', why: 'disk-full' };
    }
    pull.beginAgain();
    const removed = await this.#asAnswer(pull, async () => {
      await ipfs.pinRemove(pull.permit.claim.cid, pull.signal);
      return { kind: 'pinned' };
    });
    return removed.kind === 'pinned' ? await this.#pin(pull) : removed;
  }

  async #removeOwnPin(pull: RunningPull): Promise<void> {
    const answer = await this.#asAnswer(pull, async () => {
      await this.#parts.ipfs.pinRemove(pull.permit.claim.cid, pull.signal);
      return { kind: 'pinned' };
    });
    if (answer.kind !== 'pinned')
      this.#parts.logger.warn('A pin that sealed nothing could not be removed', { cid: pull.permit.claim.cid });
  }

  async #asAnswer(pull: RunningPull, ask: () => Promise<PinAnswer>): Promise<PinAnswer> {
    if (pull.abortReason !== undefined) return this.#aborted(pull.abortReason);
    try {
      return await ask();
    } catch (error) {
      if (pull.abortReason !== undefined) return this.#aborted(pull.abortReason);
      if (!hasCode(error, 'IPFS_UNREACHABLE', 'IPFS_BAD_ANSWER', 'IPFS_REFUSED')) throw error;
      this.doubtDaemon();
      return { kind: 'lost', message: error.message };
    }
  }

  /** A pull that got nowhere because its daemon hangs has lost its connection, and no attempt. */
  #aborted(why: AbortReason): PinAnswer {
    if (why !== 'daemon-away') return { kind: 'aborted', why };
    this.doubtDaemon();
    return { kind: 'lost', message: 'The IPFS daemon answers nothing any more' };
  }

  async #judge(pull: RunningPull, answer: PinAnswer, head: number, stop: AbortSignal): Promise<PullEnd> {
    const { desk, circumstances } = this.#parts;
    const stopped: PinAnswer = { kind: 'aborted', why: 'stopped' };
    const isStop = answer.kind === 'aborted' && answer.why === 'stopped';
    try {
      const seal = isStop ? 'away' : await desk.sealState(pull.permit.claim.cid, stop);
      if (seal === 'valid' || seal === 'lost') return heldEnd(seal);
      return classifyEnd(answer, seal, await circumstances.read(pull, answer, head, stop));
    } catch (error) {
      if (!stop.aborted) throw error;
      return classifyEnd(stopped, 'away', await circumstances.read(pull, stopped, head, stop));
    }
  }

  async #write(
    pull: RunningPull,
    end: PullEnd,
    pinnedBefore: boolean | null,
    stop: AbortSignal,
  ): Promise<EndedOrder | undefined> {
    const { clock, endWriter, settings, logger } = this.#parts;
    const { claim } = pull.permit;
    const head = await this.#parts.head.now();
    const written = await endWriter.write(
      {
        permit: pull.permit,
        end,
        blocks: pull.blocks,
        sealedBytes: pull.sealedBytes,
        pinnedBefore,
        endedMs: clock.nowMs(),
        headBlock: head,
        maxAttempts: settings.maxAttempts,
        lookBlock: (attempts) => this.#looks.block(end.next, attempts, head),
        inputs: end.next.kind === 'no-space' ? { sizeBytes: claim.sizeBytes } : null,
      },
      stop,
    );
    logger.info('Pull ended', {
      cid: claim.cid,
      reason: end.reason,
      sizeBytes: claim.sizeBytes,
      attempts: written?.attempts,
      order: written?.orderStatus,
      detail: end.detail,
    });
    return written;
  }

  async #learn(pull: RunningPull, answer: PinAnswer, end: PullEnd): Promise<void> {
    const { sealProof, upgradeHold, pinsInDoubt } = this.#parts;
    // As the daemon pins after it has ended the seal, one that broke off may have sealed only.
    if (end.next.kind === 'handled' && answer.kind !== 'pinned') pinsInDoubt();
    if (end.hold === 'sworker-upgrading') upgradeHold.noteRefused();
    else if (end.reason === 'sealed' || end.reason === 'being-deleted' || end.reason === 'already-pending')
      upgradeHold.noteTaken();
    if (end.reason === 'not-sealed') await sealProof.noteUnsealed(pull.permit.claim.cid);
    if (end.reason === 'sealed' && answer.kind === 'pinned') await sealProof.noteSealed();
  }
}
