import { fileInfo } from '../../devnet/chain/model-files.ts';
import { SeededRandom } from '../../devnet/chain/seeded-random.ts';
import { closeOnChain } from '../../devnet/demo/endings.ts';
import type { World } from '../../devnet/world/world.ts';
import { KIB } from '../../src/domain/units.ts';
import { addSeededFile, inSworker, type SeededFile } from '../support/e2e/daemon.ts';

interface LifeOptions {
  readonly seed: number;
  /** So many orders live in the long run. */
  readonly liveOrders: number;
  /** Within so many hours of its close an order may come back and costs nothing. */
  readonly graceHours: number;
}

/** Fewer than the bot takes for a disk that is away. */
const mostLost = 4;
const lostHours = 3;

/** Orders that come, close and come again around a bot, and files that are lost and found, hour after hour. */
export class OrderLife {
  readonly counts = { orders: 0, closes: 0, reorders: 0, lost: 0, found: 0, cuts: 0, restarts: 0 };
  readonly files = new Map<string, SeededFile>();
  readonly #world: World;
  readonly #options: LifeOptions;
  readonly #random: SeededRandom;
  /** The hour of each close, by CID. */
  readonly #closedHour = new Map<string, number>();
  /** The hour at which a lost file comes back, by CID; Infinity when it stays lost. */
  readonly #backHour = new Map<string, number>();

  constructor(world: World, options: LifeOptions) {
    this.#world = world;
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
  }

  isLive(cid: string): boolean {
    return fileInfo(this.#world.chain, cid) !== undefined;
  }

  /** What happens in one hour. */
  async hour(hour: number): Promise<void> {
    for (let i = this.#random.between(1, 3); i > 0; i -= 1) await this.#orderNew();
    const live = [...this.files.keys()].filter((cid) => this.isLive(cid) && inSworker(this.#world, cid) === 'valid');
    const closing = live.length > this.#options.liveOrders ? 3 : this.#random.between(0, 2);
    for (let i = 0; i < closing; i += 1) this.#close(this.#oneOf(live), hour);
    if (this.#random.fraction() < 0.3) this.#reorder(hour);
    this.#lose(live, hour);
    if (hour % 24 === 11) this.#cut();
    if (hour % 72 === 35) this.#restartSworker();
  }

  /** Whatever was lost is there again, and nothing more happens. */
  calm(): void {
    this.#findLost(Infinity);
  }

  async #orderNew(): Promise<void> {
    const contentBytes = this.#random.between(8 * KIB, 96 * KIB);
    const cidVersion = this.#random.between(0, 1) === 0 ? 0 : 1;
    const file = await addSeededFile(this.#world, `soak ${this.files.size}`, contentBytes, cidVersion);
    this.files.set(file.cid, file);
    this.#world.order(file);
    this.counts.orders += 1;
  }

  #close(cid: string | undefined, hour: number): void {
    if (cid === undefined || this.#closedHour.has(cid)) return;
    closeOnChain(this.#world.chain, cid);
    this.#closedHour.set(cid, hour);
    this.counts.closes += 1;
  }

  /** Well within the grace, or when the file is gone and its deletion reported; in between it would be chance who is first. */
  #reorder(hour: number): void {
    const { graceHours } = this.#options;
    const closed = [...this.#closedHour]
      .filter(([cid]) => !this.isLive(cid))
      .map(([cid, closedHour]) => ({ cid, ageHours: hour - closedHour }));
    const inGrace = closed.filter(({ ageHours }) => ageHours <= graceHours / 2);
    const gone = closed.filter(
      ({ cid, ageHours }) => ageHours > 2 * graceHours && inSworker(this.#world, cid) === 'nowhere',
    );
    // As often one as the other, though there are ever more of those that are gone.
    const comesBack = this.#random.fraction() < 0.5 ? inGrace : gone;
    const cid = this.#oneOf(comesBack.map((each) => each.cid));
    const file = this.files.get(cid ?? '');
    if (cid === undefined || file === undefined) return;
    this.#closedHour.delete(cid);
    this.#world.order(file);
    this.counts.reorders += 1;
  }

  /** Most come back after some hours; the others are pulled anew after their grace. */
  #lose(live: readonly string[], hour: number): void {
    this.#findLost(hour);
    const { sworker } = this.#world;
    const cid = this.#oneOf(live.filter((each) => !this.#closedHour.has(each)));
    if (cid === undefined || sworker.files.list('lost').length >= mostLost || this.#random.fraction() > 0.15) return;
    sworker.loseFiles([cid]);
    this.#backHour.set(cid, this.#random.fraction() < 0.6 ? hour + lostHours : Infinity);
    this.counts.lost += 1;
  }

  #findLost(hour: number): void {
    const back = [...this.#backHour].filter(([, backHour]) => backHour <= hour).map(([cid]) => cid);
    for (const cid of back) this.#backHour.delete(cid);
    this.#world.sworker.recoverFiles(back);
    this.counts.found += back.length;
  }

  #cut(): void {
    this.#world.chainServer.closeAll();
    this.counts.cuts += 1;
  }

  #restartSworker(): void {
    this.#world.sworker.restart();
    this.counts.restarts += 1;
  }

  #oneOf(cids: readonly string[]): string | undefined {
    return cids[this.#random.between(0, cids.length - 1)];
  }
}
