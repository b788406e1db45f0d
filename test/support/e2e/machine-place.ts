import { mkdir, watch } from 'node:fs/promises';
import { closeOnChain } from '../../../devnet/demo/endings.ts';
import { startWorld, type World } from '../../../devnet/world/world.ts';
import type { WorldOptions } from '../../../devnet/world/world-options.ts';
import type { BotExit, BotLine, BotProcess } from '../../../devnet/world/bot-process.ts';
import { brokenInvariants } from '../invariants.ts';
import type { Watch } from '../sim/watch.ts';
import { BotHome, type BotHomeOptions } from './bot-home.ts';
import { addSeededFile, inSworker, isPinned, type SeededFile } from './daemon.ts';
import { watchFiles } from './file-watch.ts';
import { Moments } from './moments.ts';
import { PinWatch } from './pin-watch.ts';
import { secretWays } from './secrets.ts';
import { BLOCK_INTERVAL_MS, SMALL_WORLD } from './small-world.ts';
import { SmallDisk } from './small-disk.ts';
import { usualLimits, worldView } from './world-view.ts';

/** What a row waits for one thing at most. */
const PATIENCE_MS = 15_000;
const FILE_BYTES = 48 * 1024;
/** What a bot waits for by itself is over in a quarter of the time; there are four blocks a second, as ever. Faster still, and the limit on what others answer would not be one for a busy machine. */
const FOURFOLD = {
  blocks: { kind: 'real', intervalMs: 4 * BLOCK_INTERVAL_MS },
  clock: { factor: 4 },
} as const satisfies WorldOptions;

type BlockKind = NonNullable<WorldOptions['blocks']>['kind'];
type HomeOptions = Pick<BotHomeOptions, 'others' | 'env'>;

/** A world with one bot at a time, to whose machine something happens. What earlier bots have sealed stays. */
export class MachinePlace {
  readonly world: World;
  readonly pins: PinWatch;
  readonly moments: Moments;
  /** What the bots of this row let go of. */
  readonly #watch: Watch;
  #ordered: SeededFile[] = [];
  /** Files whose orders closed in this row: they are to go, and nothing else. */
  #closed: SeededFile[] = [];
  #ending: (() => Promise<void>)[] = [];
  readonly #homes: BotHome[] = [];
  readonly #blocks: BlockKind;
  #stopBlocks: () => void = () => undefined;
  #orderNoMore: (() => void) | undefined;
  #count = 0;
  #files = 0;

  private constructor(world: World, pins: PinWatch, blocks: BlockKind) {
    this.world = world;
    this.pins = pins;
    this.#blocks = blocks;
    this.moments = new Moments(world, pins);
    this.#watch = watchFiles(world, pins);
  }

  /** Blocks come four times a second unless told otherwise, also where the world makes none by itself (`manual`). */
  static async start(seed: number, options: Pick<WorldOptions, 'blocks' | 'clock'> = {}): Promise<MachinePlace> {
    const { blocks, ...others } = { ...SMALL_WORLD, ...FOURFOLD, ...options };
    const world = await startWorld({ ...others, blocks, seed });
    const pins = await PinWatch.start(new URL(world.ipfs.apiUrl).origin);
    const place = new MachinePlace(world, pins, blocks.kind);
    place.#startBlocks();
    return place;
  }

  /** Where the next home has its data. */
  get nextDataDir(): string {
    return `${this.world.dir}/${this.#nextName}/data`;
  }

  /** A bot's home for this row. */
  async home(options: HomeOptions = {}): Promise<BotHome> {
    return await this.#made(options);
  }

  /** A bot's home whose data directory is a disk of its own. */
  async homeOnDisk(options: HomeOptions = {}): Promise<{ home: BotHome; disk: SmallDisk }> {
    const folder = this.nextDataDir;
    await mkdir(folder, { recursive: true });
    const disk = await SmallDisk.mount(folder);
    this.#ending.push(async () => await disk.close());
    const file = `${folder}/smanager-db.sqlite`;
    const read = async (sql: string, bindings: readonly (string | number)[]) => await disk.rows(file, sql, bindings);
    return { home: await this.#made({ ...options, before: disk.before, read }), disk };
  }

  /** Somebody orders a file that nobody has ordered yet. */
  async order(contentBytes = FILE_BYTES): Promise<SeededFile> {
    this.#files += 1;
    const file = await addSeededFile(this.world, `file ${this.#files}`, contentBytes);
    this.#ordered.push(file);
    this.world.order(file);
    return file;
  }

  /** Somebody orders this file anew in each block, until `orderNoMore` or the end of the row. */
  orderEachBlock(file: SeededFile): void {
    this.#orderNoMore = this.world.chain.onBlock(() => this.world.order(file));
  }

  orderNoMore(): void {
    this.#orderNoMore?.();
    this.#orderNoMore = undefined;
  }

  /** The order of a file closes. */
  closeOrder(file: SeededFile): void {
    this.#ordered = this.#ordered.filter(({ cid }) => cid !== file.cid);
    this.#closed.push(file);
    closeOnChain(this.world.chain, file.cid);
  }

  /** Waits for so many blocks. */
  async blocks(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      let seen = 0;
      const unsubscribe = this.world.chain.onBlock(() => {
        seen += 1;
        if (seen < count) return;
        unsubscribe();
        resolve();
      });
    });
  }

  /** Waits for a file whose name fits to appear in a folder. */
  async appears(folder: string, name: RegExp): Promise<void> {
    const events = watch(folder, { signal: AbortSignal.timeout(PATIENCE_MS) });
    for await (const { filename } of events) if (filename !== null && name.test(filename)) return;
  }

  /** Waits for something, no longer than a row waits for anything. */
  async within<T>(what: string, coming: Promise<T>): Promise<T> {
    const timeout = AbortSignal.timeout(PATIENCE_MS);
    const late = new Promise<never>((_, reject) => {
      timeout.addEventListener('abort', () => reject(new Error(`never came: ${what}`)));
    });
    return await Promise.race([coming, late]);
  }

  /** Waits for a line of a bot, no longer than a row waits for anything. */
  async says(bot: BotProcess, fits: (line: BotLine) => boolean): Promise<BotLine> {
    return await bot.waitFor(fits, AbortSignal.timeout(PATIENCE_MS));
  }

  /**
   * Waits until all loops of a bot go on. Of the disk and of files it is to be waited for as long as a pull runs: once none does, an outage that a loop has
   * not found over would end the process.
   */
  async recovers(home: BotHome, { lines }: BotProcess): Promise<void> {
    await home.eventually('loops that all go on', () => standingLoops(lines).size === 0, PATIENCE_MS);
  }

  /** Waits for the end of a process that ends by itself. */
  async ended(bot: BotProcess): Promise<BotExit & { readonly said: string }> {
    const exit = await this.within('the end of the bot', bot.exited);
    const end = bot.lines.findLast(({ message }) => message === 'The bot ends');
    const said =
      end === undefined
        ? bot.lines.map(({ text }) => text).join('\n')
        : `${String(end.fields['code'])}: ${String(end.fields['error'])}`;
    return { ...exit, said };
  }

  /**
   * After the fault is gone, as the supervisor would: a new bot starts, whatever was ordered is handled, a new order too, the files of closed orders are
   * gone, everything fits together, and nothing else was let go of or pulled twice. Returns what is not so. `forgot`: the bot has no records of earlier pulls.
   */
  async wrongAfterStart(home: BotHome, { forgot = false } = {}): Promise<readonly string[]> {
    const bot = home.launch();
    await this.says(bot, ({ message }) => message === 'Started');
    const wrong = await this.wrong(home, { forgot });
    const { code } = await bot.stop();
    return code === 0 ? wrong : [...wrong, `it stopped with ${code}`];
  }

  /** Waits until a file's order is handled. */
  async handles(home: BotHome, { cid }: SeededFile): Promise<void> {
    await home.eventuallyStand([cid], 'handled', PATIENCE_MS);
  }

  /** The same of a bot that runs. */
  async wrong(home: BotHome, { forgot = false } = {}): Promise<readonly string[]> {
    await this.order();
    const cids = this.#ordered.map(({ cid }) => cid);
    await home.eventuallyStand(cids, 'handled', PATIENCE_MS);
    if (this.#closed.length > 0) await this.#cleanedUp(home);
    const wrong = [...(await this.#broken(home, forgot)), ...this.wronglyLetGo, ...this.pins.twice];
    for (const cid of cids) {
      if (inSworker(this.world, cid) !== 'valid') wrong.push(`${cid} is not sealed`);
      if (!(await isPinned(this.world, cid))) wrong.push(`${cid} is not pinned`);
    }
    for (const { cid } of this.#closed) {
      if (inSworker(this.world, cid) !== 'nowhere') wrong.push(`${cid} is in sWorker still`);
      if (await isPinned(this.world, cid)) wrong.push(`${cid} is pinned still`);
    }
    const pages = await home.rows<{ quick_check: string }>('PRAGMA quick_check');
    return [...wrong, ...pages.map((row) => row.quick_check).filter((line) => line !== 'ok')];
  }

  /** What the bots of this row let go of but the files of closed orders. */
  get wronglyLetGo(): readonly string[] {
    const isClosed = new Set(this.#closed.map(({ cid }) => cid));
    const others = this.#watch.lettingGo.filter(({ cid, isLive }) => isLive !== false || !isClosed.has(cid));
    return [
      ...this.#watch.violations,
      ...others.map(({ how, cid, atBlock }) => `${how} of ${cid} at block ${atBlock}`),
    ];
  }

  /** What the last bot of this row said in the end. */
  get lastWords(): string {
    return this.#homes.at(-1)?.printed.slice(-4000) ?? '';
  }

  /** What the bots of this row printed past the log: nothing is to be, here. */
  get strayLines(): readonly string[] {
    return this.#homes.flatMap((home) => home.strayLines);
  }

  /** Ends what this row has started. */
  async clear(): Promise<void> {
    this.orderNoMore();
    const ending = this.#ending.toReversed();
    this.#ending = [];
    for (const end of ending) await end();
    this.#homes.length = 0;
    this.#closed = [];
    // The next bot knows nothing of pulls and deletions before it.
    this.pins.begun.clear();
    this.#watch.lettingGo.length = 0;
  }

  async stop(): Promise<void> {
    await this.clear();
    this.#stopBlocks();
    await this.pins.close();
    await this.world.stop();
  }

  /** Waits until the files of closed orders are gone, each by one cleanup and counted once. */
  async #cleanedUp(home: BotHome): Promise<void> {
    const sql = 'SELECT cid, status, deleted_block IS NOT NULL AS isCounted FROM cleanup_record ORDER BY cid';
    const expected = this.#closed.map(({ cid }) => `${cid} done 1`).toSorted();
    const isOver = async (): Promise<boolean> => {
      const rows = await home.rows<{ cid: string; status: string; isCounted: number }>(sql);
      return rows.map(({ cid, status, isCounted }) => `${cid} ${status} ${isCounted}`).join() === expected.join();
    };
    await home.eventually('the end of the cleanup', isOver, PATIENCE_MS);
  }

  /** Looked at while the chain stands still, until the bot has read its last block. */
  async #broken(home: BotHome, forgot: boolean): Promise<readonly string[]> {
    this.#stopBlocks();
    try {
      const timeout = AbortSignal.timeout(PATIENCE_MS);
      for (;;) {
        const view = {
          ...worldView(
            this.world,
            home,
            this.#ordered.map(({ cid }) => cid),
          ),
          isBotUp: true,
          pulling: [...this.pins.pulling],
          pullsBegun: forgot ? undefined : this.pins.begun,
          seen: [],
          lettingGo: [...this.#watch.lettingGo],
          ...usualLimits,
          closes: this.#watch.closes,
          deleted: this.#watch.deleted,
        };
        const broken = await brokenInvariants(view, { isSettled: true, isCleanedUp: true, liesSeldom: true });
        if (broken.length === 0 || timeout.aborted) return broken;
        await this.moments.next();
      }
    } finally {
      this.#startBlocks();
    }
  }

  #startBlocks(): void {
    const { world } = this;
    if (this.#blocks === 'real') {
      world.resumeBlocks();
      this.#stopBlocks = () => world.pauseBlocks();
      return;
    }
    const timer = setInterval(() => world.chain.advance(1), BLOCK_INTERVAL_MS);
    this.#stopBlocks = () => clearInterval(timer);
  }

  get #nextName(): string {
    return `row-${this.#count + 1}`;
  }

  async #made(options: BotHomeOptions): Promise<BotHome> {
    const name = this.#nextName;
    this.#count += 1;
    const others = { ...secretWays(this.world, { ipfs: this.pins.origin }), ...options.others };
    const home = await BotHome.make(this.world, name, { ...options, others });
    this.#ending.push(async () => await home.close());
    this.#homes.push(home);
    return home;
  }
}

/** Loops whose outage was told and whose recovery was not. */
function standingLoops(lines: readonly BotLine[]): ReadonlySet<unknown> {
  const standing = new Set<unknown>();
  for (const { message, fields } of lines) {
    if (message === 'Cannot go on for now') standing.add(fields['loop']);
    if (message === 'Recovered') standing.delete(fields['loop']);
  }
  return standing;
}
