import { fileInfo } from '../../../devnet/chain/model-files.ts';
import type { SeededRandom } from '../../../devnet/chain/seeded-random.ts';
import { closeOnChain } from '../../../devnet/demo/endings.ts';
import type { World } from '../../../devnet/world/world.ts';
import { addSeededFile, inSworker, type SeededFile } from './daemon.ts';

const SMALLEST_BYTES = 32 * 1024;
/** The largest that is taken is so many times larger. */
const LARGEST_FACTOR_LOG2 = 7;
const MIB = 1024 ** 2;
/** In MiB, as the configuration has it. */
export const LARGEST_MIB = 6;

export interface StoryFile extends SeededFile {
  /** Where its order stands as long as it lives, whatever happens to the bot. */
  readonly standing: 'handled' | 'waiting: denied' | 'waiting: too-large';
}

/** Orders that come, close and come again around a bot, and where each of them must end. */
export class OrderStory {
  readonly #files: StoryFile[] = [];
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #ordered = new Set<StoryFile>();

  private constructor(world: World, random: SeededRandom) {
    this.#world = world;
    this.#random = random;
  }

  static async write(world: World, random: SeededRandom, count: number): Promise<OrderStory> {
    const story = new OrderStory(world, random);
    const large = await addSeededFile(world, 'large', (LARGEST_MIB + 1) * MIB);
    story.#files.push({ ...large, standing: 'waiting: too-large' });
    for (let i = 0; i < count; i += 1) await story.#add(i % 10 === 3 ? 'waiting: denied' : 'handled');
    return story;
  }

  get files(): readonly StoryFile[] {
    return this.#files;
  }

  get denied(): readonly string[] {
    return this.files.filter(({ standing }) => standing === 'waiting: denied').map(({ cid }) => cid);
  }

  /** The next ones that nobody has ordered yet. */
  orderSome(count: number): void {
    for (const file of this.files.filter((one) => !this.#ordered.has(one)).slice(0, count)) this.#order(file);
  }

  /** Files that nobody has pulled before. */
  async orderFresh(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) this.#order(await this.#add('handled'));
  }

  /** Closes an order whose file sWorker holds; false when there is none. */
  closeHeld(): boolean {
    const held = [...this.#ordered].filter((file) => this.isLive(file) && inSworker(this.#world, file.cid) === 'valid');
    if (held.length === 0) return false;
    closeOnChain(this.#world.chain, this.#oneOf(held).cid);
    return true;
  }

  /** One more thing happens on chain: an order comes, closes, or comes again after it was closed. */
  goOn(): void {
    const known = [...this.#ordered];
    const live = known.filter((file) => this.isLive(file));
    const closed = known.filter((file) => !this.isLive(file));
    const turn = this.#random.fraction();
    if (turn < 0.25 && live.length > 0) closeOnChain(this.#world.chain, this.#oneOf(live).cid);
    else if (turn < 0.45 && closed.length > 0) this.#order(this.#oneOf(closed));
    else this.orderSome(2);
  }

  isLive({ cid }: SeededFile): boolean {
    return fileInfo(this.#world.chain, cid) !== undefined;
  }

  /** Where each order must stand in the end, by CID; orders that were never placed are not among them. */
  expected(): ReadonlyMap<string, string> {
    const ordered = [...this.#ordered].sort((a, b) => (a.cid < b.cid ? -1 : 1));
    return new Map(ordered.map((file) => [file.cid, this.isLive(file) ? file.standing : 'closed']));
  }

  async #add(standing: StoryFile['standing']): Promise<StoryFile> {
    const contentBytes = Math.round(SMALLEST_BYTES * 2 ** (this.#random.fraction() * LARGEST_FACTOR_LOG2));
    const cidVersion = this.#random.between(0, 1) === 0 ? 0 : 1;
    const added = await addSeededFile(this.#world, `story ${this.#files.length}`, contentBytes, cidVersion);
    const file = { ...added, standing };
    this.#files.push(file);
    return file;
  }

  #order(file: StoryFile): void {
    this.#ordered.add(file);
    this.#world.order(file);
  }

  #oneOf(files: readonly StoryFile[]): StoryFile {
    const file = files[this.#random.between(0, files.length - 1)];
    if (file === undefined) throw new Error('nothing to choose from');
    return file;
  }
}
