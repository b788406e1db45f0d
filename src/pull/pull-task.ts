import { setMaxListeners } from 'node:events';
import { SECOND_MS } from '../domain/units.ts';
import { heldRound, runLoop } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import { WakeUp } from '../runtime/wake-up.ts';
import type { PullPermit } from '../store/pulls.ts';
import { Chooser } from './pick/chooser.ts';
import { ClaimedAhead } from './pick/claimed-ahead.ts';
import { Claiming } from './pick/claiming.ts';
import { CoordinatorDesk } from './pick/coordinator-desk.ts';
import { Filler } from './pick/filler.ts';
import { Gate } from './pick/gate.ts';
import { OrderLook } from './pick/order-look.ts';
import { ReadAhead } from './pick/read-ahead.ts';
import { StaleSeals } from './pick/stale-seals.ts';
import { Starter } from './pick/starter.ts';
import type { PullParts } from './ports.ts';
import { CircumstanceReader } from './run/circumstances.ts';
import { DaemonWatch } from './run/daemon-watch.ts';
import { EndWriter } from './run/end-writer.ts';
import { HeadBlock } from './run/head-block.ts';
import { POLL_MS, ProgressPoll } from './run/progress-poll.ts';
import { PullRunner, type PullSlot } from './run/pull-runner.ts';
import type { RunningPull } from './run/running-pull.ts';
import { RunningPulls } from './run/running-pulls.ts';
import { SealProof } from './run/seal-proof.ts';
import { SworkerDesk } from './run/sworker-desk.ts';
import { takeUpLeftovers } from './run/take-up.ts';
import { UpgradeHold } from './run/upgrade-hold.ts';

const ROUND_MS = 5 * SECOND_MS;

/** Claims and ends of pulls that come within so long are written down together. Nobody waits for them but their own slots. */
export const GATHER_MS = 10;

/** Gets the queued orders: picks them within space and slots, runs their pulls, and ends them all when it is told to stop. */
export class PullTask implements Task {
  readonly name = 'pull';
  readonly #parts: PullParts;
  readonly #running: RunningPulls;
  readonly #runner: PullRunner;
  readonly #endWriter: EndWriter;
  readonly #sealProof: SealProof;
  readonly #coordinatorDesk: CoordinatorDesk;
  readonly #chooser: Chooser;
  readonly #filler: Filler;
  readonly #poll: ProgressPoll;
  readonly #wake: WakeUp;
  readonly #underWay = new Set<Promise<void>>();
  readonly #failed = new AbortController();
  #failure: unknown;
  #stop = new AbortController().signal;

  constructor(parts: PullParts) {
    const { candidates, pulls, records, marks, facts, database } = parts.store;
    const running = new RunningPulls(parts.settings);
    const desk = new SworkerDesk(parts);
    const head = new HeadBlock({ facts, clock: parts.clock });
    const shared = { ...parts, candidates, pulls, records, marks, facts, database, running, desk, head };
    const endWriter = new EndWriter(shared);
    const sealProof = new SealProof(shared);
    const upgradeHold = new UpgradeHold(shared);
    const coordinatorDesk = new CoordinatorDesk(shared);
    const staleSeals = new StaleSeals(parts.settings.stallMs);
    const circumstances = new CircumstanceReader(shared);
    const runner = new PullRunner({ ...shared, endWriter, sealProof, upgradeHold, circumstances });
    const gate = new Gate({ ...shared, endWriter, sealProof, upgradeHold, coordinatorDesk, runner });
    const chooser = new Chooser(shared);
    const look = new OrderLook({ ...shared, staleSeals });
    const ahead = new ReadAhead({ ...shared, chooser, look });
    const claiming = new Claiming({ ...shared, coordinatorDesk });
    const launch = (permit: PullPermit): void => this.#launch(permit);
    this.#parts = parts;
    this.#running = running;
    this.#runner = runner;
    this.#endWriter = endWriter;
    this.#sealProof = sealProof;
    this.#coordinatorDesk = coordinatorDesk;
    this.#chooser = chooser;
    const starting = { ...shared, look, ahead, claiming, sealProof, upgradeHold, coordinatorDesk, launch };
    const [claimed, starter] = [new ClaimedAhead(starting), new Starter(starting)];
    this.#filler = new Filler({ ...shared, gate, chooser, ahead, claimed, starter });
    this.#poll = new ProgressPoll({ ...shared, daemon: new DaemonWatch({ ...shared, runner }) });
    this.#wake = new WakeUp(parts.clock);
  }

  /** Pulls under way: ending the process would cost them what they have sealed. Those that wait to be written down are not among them. */
  get runningCount(): number {
    return this.#underWay.size - this.#endWriter.unwritten;
  }

  /** Bytes sealed so far by the pulls under way, and bytes they still have to bring. */
  get progress(): { readonly sealedBytes: number; readonly pendingBytes: number } {
    const sealedBytes = this.#running.list().reduce((sum, pull) => sum + pull.sealedBytes, 0);
    return { sealedBytes, pendingBytes: this.#running.pendingBytes() };
  }

  /** Something was queued: look at once. */
  notify(): void {
    this.#filler.noteQueued();
    this.#wake.call();
  }

  async run(signal: AbortSignal): Promise<void> {
    const stop = AbortSignal.any([signal, this.#failed.signal]);
    // Every pull that is ending listens to it: many are no leak.
    setMaxListeners(0, stop);
    this.#stop = stop;
    const stopPulls = (): void => this.#running.stop();
    stop.addEventListener('abort', stopPulls, { once: true });
    if (stop.aborted) stopPulls();
    try {
      await this.#sealProof.load();
      this.#chooser.resumeFirst(await takeUpLeftovers({ ...this.#parts, ...this.#parts.store }, stop));
      const loops = [this.#fillSlots(stop), this.#pollPulls(stop), this.#coordinatorDesk.run(stop)];
      await Promise.all(loops.map(async (loop) => loop.catch((error: unknown) => this.#fail(error))));
    } finally {
      this.#running.stop();
      await Promise.all(this.#underWay);
      await this.#filler.settled();
      stop.removeEventListener('abort', stopPulls);
    }
    if (this.#failed.signal.aborted) throw this.#failure;
  }

  async #fillSlots(stop: AbortSignal): Promise<void> {
    let isWaiting = false;
    await runLoop(this.#parts, { name: 'pull', intervalMs: 0, retryMs: ROUND_MS }, stop, async () => {
      // At the head of a round, so that a round that ended well clears its outage at once.
      if (isWaiting) await this.#wake.wait(ROUND_MS, stop);
      isWaiting = false;
      isWaiting = !(await this.#filler.fill(stop));
      return this.#filler.isHeld ? heldRound : undefined;
    });
  }

  async #pollPulls(stop: AbortSignal): Promise<void> {
    const options = { name: 'pull-poll', intervalMs: POLL_MS, firstAfterMs: POLL_MS, retryMs: POLL_MS };
    await runLoop(this.#parts, options, stop, async () => {
      await this.#poll.round(stop);
      this.#wake.call();
    });
  }

  #launch(permit: PullPermit): void {
    const { clock, logger } = this.#parts;
    const pull = this.#running.begin(permit, clock.monotonicMs());
    const { cid, sizeBytes, orderClass, attempts } = permit.claim;
    logger.info('Pull started', { cid, sizeBytes, source: orderClass, attempts });
    const slot: PullSlot = {
      leave: () => {
        if (this.#running.noteAnswered(pull)) this.#fillFreed(true);
      },
      take: async () => await this.#running.takeSlot(pull),
      sealed: () => this.#ended(pull, true),
    };
    const work = this.#runner
      .run(pull, this.#stop, slot)
      .then((handled) => this.#ended(pull, handled))
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#running.remove(pull);
        this.#underWay.delete(work);
        this.#coordinatorDesk.pullEnded();
        this.#wake.call();
      });
    this.#underWay.add(work);
  }

  #ended(pull: RunningPull, handled: boolean): void {
    if (this.#running.remove(pull)) this.#fillFreed(handled);
    else if (!handled) this.#filler.noteUnhandled();
  }

  /** Gives a freed slot to the next. */
  #fillFreed(handled: boolean): void {
    if (this.#stop.aborted) return;
    this.#filler.noteEnd(handled);
    this.#wake.call();
  }

  /** The first error that no loop understands ends them all, and then the task. */
  #fail(error: unknown): void {
    if (this.#failed.signal.aborted) return;
    this.#failure = error;
    this.#failed.abort();
  }
}
