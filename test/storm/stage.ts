import minBy from 'lodash/minBy.js';
import { fileInfo } from '../../devnet/chain/model-files.ts';
import { SeededRandom } from '../../devnet/chain/seeded-random.ts';
import type { Part } from '../support/sim/call-desk.ts';
import { driverGate } from '../support/sim/driver-gate.ts';
import type { SimWorld } from '../support/sim/sim-world.ts';
import { HOUR_MS, MIB, MINUTE_MS } from '../../src/domain/units.ts';
import {
  type Act,
  type ActKind,
  type AnswersAct,
  type BotAct,
  type ChainAct,
  type DatabaseAct,
  type OrderAct,
  type OutsideAct,
  sizeLimitsMib,
} from './acts.ts';
import { DatabaseTroubles } from './database-troubles.ts';
import { FaultsSoFar, stormFaults } from './faults.ts';
import { numberOf } from './number-of.ts';

/** A slow file takes some ten minutes. */
const slowBytesPerSecond = 50_000;
/** Nine hours or so: a seal that the bot did not begin has to stand in more than one look, and those are leaps apart. */
const byHandBytesPerSecond = 500;

/** Longer than the bot waits for any answer that has an effect, so long that it looks at the order again, and an order may come back. */
const lateMs = [MINUTE_MS, 3 * HOUR_MS] as const;

/** Longer than some bots wait before they delete a lost file. */
const paidForBlocks = 120;

/** Carries the acts of a history out in a world. */
export class Stage {
  readonly #world: SimWorld;
  /** Everything that was ordered, by acts or before them, with its size. */
  readonly ordered = new Map<string, number>();
  /** How often an act had an effect. */
  readonly counts = new Map<ActKind, number>();
  /** What undoes the acts that pass by themselves. */
  readonly #undo = new Set<() => void>();
  readonly #soFar: FaultsSoFar;
  readonly #seed: number;
  readonly troubles: DatabaseTroubles;

  constructor(world: SimWorld, seed: number) {
    this.#world = world;
    this.#seed = seed;
    this.#soFar = new FaultsSoFar(seed);
    const lateness = new SeededRandom(seed);
    world.desk.lateMs = () => lateness.between(...lateMs);
    this.troubles = new DatabaseTroubles({
      random: new SeededRandom(seed),
      after: (ms, fire) => world.clock.after(ms, fire),
    });
    driverGate.chooseRefusal = (statement) => this.troubles.choose(statement);
    driverGate.chooseWait = (statement) => this.troubles.chooseWait(statement);
  }

  close(): void {
    driverGate.chooseRefusal = undefined;
    driverGate.chooseWait = undefined;
  }

  async perform(act: Act): Promise<void> {
    if (await this.#perform(act)) this.counts.set(act.kind, (this.counts.get(act.kind) ?? 0) + 1);
  }

  /** Orders come back for files that sWorker has been asked to delete and has not yet. */
  orderWhatIsDeletedLate(): void {
    for (const { name, target } of this.#world.desk.late) {
      const isDeletion = target !== undefined && name.endsWith('/storage/delete');
      if (isDeletion && fileInfo(this.#world.chain, target) === undefined) this.#reorder(target);
    }
  }

  /** Nothing is spoilt any more. */
  spare(): void {
    this.#world.desk.chooseFault = undefined;
  }

  /**
   * Everybody is reachable, nothing is spoilt but what takes turns, every file can be had, and a bot runs. What is lost stays lost. sWorker was started again: where a block
   * stands for many, the bot comes back to the rest of a pull that a killed daemon left there after it has forgotten it.
   */
  async calm(): Promise<void> {
    const { chain, desk, ipfs, sworker } = this.#world;
    // Most of what has an effect is done only now: in the leaps before the bot hardly comes to it.
    desk.chooseFault = stormFaults(chain, { perMille: 0, seed: this.#seed }, this.#soFar);
    desk.chooseNext = undefined;
    this.troubles.calm();
    const undo = [...this.#undo];
    for (const one of undo) one();
    sworker.restart();
    for (const [cid, sizeBytes] of this.ordered) ipfs.putFile({ cid, sizeBytes });
    if (this.#world.bot?.life !== undefined) this.#world.bot.life.diesAtStep = Infinity;
    await this.#world.runMs(2_000);
  }

  /** False when nothing happened because there was nothing for it to happen to. */
  async #perform(act: Act): Promise<boolean> {
    switch (act.kind) {
      case 'run':
      case 'leap':
      case 'kill':
      case 'die':
      case 'stop':
        return await this.#bot(act);
      case 'order':
      case 'calculate':
      case 'reorder':
      case 'order-again':
      case 'close':
      case 'close-and-reorder':
      case 'lose':
      case 'recover':
      case 'forget':
      case 'unpin':
        return this.#onOrders(act);
      case 'pause-finality':
      case 'pause-blocks':
      case 'sync':
        return this.#chainStands(act);
      case 'faults':
      case 'reorder-answers':
        return this.#answers(act);
      case 'disk-full':
      case 'disk-slow':
      case 'locked':
      case 'statement-fails':
        return this.#database(act);
      case 'restart-sworker':
      case 'seal-by-hand':
      case 'upgrade-runtime':
      case 'away':
      case 'crash-ipfs':
      case 'upgrade-sworker':
      case 'step-clock':
      default:
        return this.#outside(act);
    }
  }

  async #bot(act: BotAct): Promise<boolean> {
    const { bot } = this.#world;
    switch (act.kind) {
      case 'run':
        await this.#world.runMs(act.ms);
        return true;
      case 'leap':
        await this.#world.leapMs(act.ms);
        return true;
      case 'kill':
        if (bot?.isUp !== true) return false;
        await this.#world.killBot();
        return true;
      case 'die':
        if (bot?.isUp !== true) return false;
        bot.life.diesAtStep = bot.life.steps + act.steps;
        return true;
      case 'stop':
      default:
        return await this.#stop();
    }
  }

  #onOrders(act: OrderAct): boolean {
    const { ipfs, sworker } = this.#world;
    const calculate = (cid: string): void => this.#world.calculate(cid);
    switch (act.kind) {
      case 'order':
        return this.#order(act);
      case 'calculate':
        return this.#onOne(this.#live(), act.pick, calculate);
      case 'reorder':
        return this.#onOne(this.#live(), act.pick, (cid) => this.#reorder(cid));
      case 'order-again':
        return this.#onOne(this.#closed(), act.pick, (cid) => this.#reorder(cid));
      case 'close':
        return this.#onOne(this.#expired(), act.pick, calculate);
      case 'close-and-reorder':
        return this.#onOne(this.#expired(), act.pick, (cid) => {
          calculate(cid);
          this.#reorder(cid);
        });
      case 'lose':
        return this.#onOne(this.#worthPulling(), act.pick, (cid) => sworker.loseFiles([cid]));
      case 'recover':
        return this.#onOne(this.#held('lost'), act.pick, (cid) => sworker.recoverFiles([cid]));
      case 'forget':
        return this.#onOne(this.#held('valid'), act.pick, (cid) => sworker.files.held.delete(cid));
      case 'unpin':
      default:
        return this.#onOne(this.#pinned(), act.pick, (cid) => void ipfs.unpin(cid));
    }
  }

  #outside(act: OutsideAct): boolean {
    const { chain, clock, ipfs, sworker } = this.#world;
    switch (act.kind) {
      case 'restart-sworker':
        sworker.restart();
        return true;
      case 'seal-by-hand':
        return this.#sealByHand();
      case 'upgrade-runtime':
        if (chain.specVersion === 25) return false;
        chain.setSpecVersion(25);
        return true;
      case 'away':
        return this.#away(act.part, act.forMs);
      case 'crash-ipfs':
        ipfs.crash();
        return this.#for(act.forMs, () => ipfs.start());
      case 'upgrade-sworker':
        sworker.upgrade = 'process';
        return this.#for(act.forMs, () => (sworker.upgrade = 'none'));
      case 'step-clock':
      default:
        clock.stepWall(act.byMs);
        return this.#for(act.forMs, () => clock.stepWall(-act.byMs));
    }
  }

  #answers(act: AnswersAct): boolean {
    const { chain, desk } = this.#world;
    switch (act.kind) {
      case 'faults':
        desk.chooseFault = act.perMille === 0 ? undefined : stormFaults(chain, act, this.#soFar);
        return true;
      case 'reorder-answers':
      default: {
        const random = new SeededRandom(act.seed);
        desk.chooseNext = (waiting) => random.between(0, waiting - 1);
        return true;
      }
    }
  }

  #database(act: DatabaseAct): boolean {
    const { troubles } = this;
    switch (act.kind) {
      case 'disk-full':
        troubles.isFull = true;
        return this.#for(act.forMs, () => (troubles.isFull = false));
      case 'disk-slow':
        troubles.isSlow = true;
        return this.#for(act.forMs, () => (troubles.isSlow = false));
      case 'locked':
        troubles.isLocked = true;
        return this.#for(act.forMs, () => (troubles.isLocked = false));
      case 'statement-fails':
      default:
        troubles.failOnce(act);
        return true;
    }
  }

  #chainStands(act: ChainAct): boolean {
    const world = this.#world;
    switch (act.kind) {
      case 'pause-finality':
        world.chain.isFinalityPaused = true;
        return this.#for(act.forMs, () => (world.chain.isFinalityPaused = false));
      case 'pause-blocks':
        world.makesBlocks = false;
        return this.#for(act.forMs, () => (world.makesBlocks = true));
      case 'sync':
      default: {
        const [node] = world.chainNodes;
        if (node === undefined) return false;
        node.rpc.node.isSyncing = true;
        return this.#for(act.forMs, () => (node.rpc.node.isSyncing = false));
      }
    }
  }

  #order({ seed, whose, nature, sizeBytes }: Extract<Act, { kind: 'order' }>): boolean {
    const cid = this.#world.cidsOf(seed)[whose]();
    const files = {
      quick: {},
      slow: { bytesPerSecond: slowBytesPerSecond },
      unreachable: { reachable: false },
      stalling: { stallAfterBytes: sizeBytes / 2 },
    };
    this.ordered.set(cid, sizeBytes);
    const sizeMib = sizeBytes / MIB;
    this.#world.isWanted.set(cid, whose === 'ours' && sizeMib >= sizeLimitsMib.min && sizeMib <= sizeLimitsMib.max);
    this.#world.order({ cid, sizeBytes, file: files[nature] });
    return true;
  }

  /** The operator pins a file that nobody ordered; what becomes of it is not the bot's affair. */
  #sealByHand(): boolean {
    const { cids, ipfs } = this.#world;
    if (!ipfs.isRunning) return false;
    const cid = cids.any();
    ipfs.putFile({ cid, sizeBytes: 16 * MIB, bytesPerSecond: byHandBytesPerSecond });
    ipfs.pinAdd(cid, { signal: new AbortController().signal, onProgress: () => undefined }).catch(() => undefined);
    return true;
  }

  #reorder(cid: string): void {
    this.#world.order({ cid, sizeBytes: this.ordered.get(cid) });
  }

  async #stop(): Promise<boolean> {
    const world = this.#world;
    // On a disk that slow the process is ended after its time, which is no stop.
    if (world.bot?.isUp !== true || world.bot.life.diesAtStep < Infinity || this.troubles.isSlow) return false;
    await world.stopBot();
    world.isSupervised = true;
    return true;
  }

  #away(part: Part, forMs: number): boolean {
    const world = this.#world;
    const set = (isReachable: boolean): void => {
      if (part === 'chain') for (const node of world.chainNodes) node.isReachable = isReachable;
      if (part === 'sworker') world.isSworkerReachable = isReachable;
      if (part === 'coordinator') world.coordinator.isReachable = isReachable;
      if (part === 'telemetry') world.telemetry.isReachable = isReachable;
      if (part === 'ipfs' && isReachable) world.ipfs.start();
      if (part === 'ipfs' && !isReachable) world.ipfs.crash();
    };
    set(false);
    return this.#for(forMs, () => set(true));
  }

  #for(ms: number, undo: () => unknown): true {
    const once = (): void => {
      cancel();
      this.#undo.delete(once);
      undo();
    };
    const cancel = this.#world.clock.after(ms, once);
    this.#undo.add(once);
    return true;
  }

  #onOne(cids: readonly string[], pick: number, work: (cid: string) => unknown): boolean {
    const cid = minBy(cids, (one) => numberOf(`${pick} ${one}`));
    if (cid === undefined) return false;
    work(cid);
    return true;
  }

  #live(): readonly string[] {
    return [...this.ordered.keys()].filter((cid) => fileInfo(this.#world.chain, cid) !== undefined);
  }

  /** What was closed; while sWorker holds files of it, those alone. */
  #closed(): readonly string[] {
    const { chain, sworker } = this.#world;
    const closed = [...this.ordered.keys()].filter((cid) => fileInfo(chain, cid) === undefined);
    const held = closed.filter((cid) => sworker.files.find(cid) !== undefined);
    return held.length > 0 ? held : closed;
  }

  #expired(): readonly string[] {
    const { chain } = this.#world;
    return [...this.ordered.keys()].filter((cid) => {
      const info = fileInfo(chain, cid);
      return info !== undefined && info.expiresAtBlock > 0 && info.expiresAtBlock <= chain.head.number;
    });
  }

  /** Valid files that would be pulled again were they lost for long; while there are none, any valid ones. */
  #worthPulling(): readonly string[] {
    const { chain } = this.#world;
    const valid = this.#held('valid');
    const paid = valid.filter((cid) => (fileInfo(chain, cid)?.expiresAtBlock ?? 0) > chain.head.number + paidForBlocks);
    return paid.length > 0 ? paid : valid;
  }

  /** Valid files with their pin. */
  #pinned(): readonly string[] {
    const { ipfs } = this.#world;
    return ipfs.isRunning ? this.#held('valid').filter((cid) => ipfs.hasPin(cid)) : [];
  }

  #held(state: 'valid' | 'lost'): readonly string[] {
    return this.#world.sworker.files.list(state).map(({ cid }) => cid);
  }
}
