import { fileInfo } from '../../../devnet/chain/model-files.ts';
import type { SeededRandom } from '../../../devnet/chain/seeded-random.ts';
import { closeOnChain } from '../../../devnet/demo/endings.ts';
import type { World } from '../../../devnet/world/world.ts';
import { addSeededFile, type SeededFile } from './daemon.ts';

const SMALLEST_BYTES = 32 * 1024;
const MIB = 1024 ** 2;
/** In MiB, as the configuration has it. */
export const LARGEST_MIB = 6;

interface StoryFile extends SeededFile {
  /** Where its order stands as long as it lives, whatever happens to the bot. */
  readonly standing: 'handled' | 'waiting: denied' | 'waiting: too-large';
}

/** Orders that come, close and come again around a bot, and where each of them must end. */
export class OrderStory {
  readonly files: readonly StoryFile[];
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #ordered = new Set<StoryFile>();

  private constructor(world: World, random: SeededRandom, files: readonly StoryFile[]) {
    this.#world = world;
    this.#random = random;
    this.files = files;
  }

  static async write(world: World, random: SeededRandom, count: number): Promise<OrderStory> {
    const files: StoryFile[] = [];
    for (let i = 0; i < count; i += 1) {
      const contentBytes = Math.round(SMALLEST_BYTES * 2 ** (random.fraction() * 7));
      const file = await addSeededFile(world, `story ${i}`, contentBytes, random.between(0, 1) === 0 ? 0 : 1);
      files.push({ ...file, standing: i % 10 === 3 ? 'waiting: denied' : 'handled' });
    }
    files.push({ ...(await addSeededFile(world, 'large', (LARGEST_MIB + 1) * MIB)), standing: 'waiting: too-large' });
    return new OrderStory(world, random, files);
  }

  get denied(): readonly string[] {
    return this.files.filter(({ standing }) => standing === 'waiting: denied').map(({ cid }) => cid);
  }

  /** The next ones that nobody has ordered yet. */
  orderSome(count: number): void {
    for (const file of this.files.filter((one) => !this.#ordered.has(one)).slice(0, count)) this.#order(file);
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
