import { closeOnChain } from '../../../devnet/demo/endings.ts';
import type { JsonObject } from '../../../devnet/world/bot-config.ts';
import type { WorldOptions } from '../../../devnet/world/world-options.ts';
import { startWorld, type World } from '../../../devnet/world/world.ts';
import { ReleaseStack } from '../../../src/runtime/release-stack.ts';
import type { InvariantView } from '../invariant-view.ts';
import { brokenInvariants, type Settled } from '../invariants.ts';
import type { Watch } from '../sim/watch.ts';
import { BotHome } from './bot-home.ts';
import { addSeededFile, inSworker, isPinned, type SeededFile } from './daemon.ts';
import { watchFiles } from './file-watch.ts';
import { PinWatch } from './pin-watch.ts';
import { secretWays, type Ways } from './secrets.ts';
import { SMALL_WORLD } from './small-world.ts';
import { SupervisedBot } from './supervised-bot.ts';
import { untilWritten } from './until-written.ts';
import { usualLimits, worldView } from './world-view.ts';

const KIB = 1024;
const BLOCK_MS = 6000;
/** What a wait within a row may take. */
const PATIENCE_MS = 15_000;

/** Whatever could let go of a file does it as soon and as often as it may. */
const eager = {
  indexer: { scanIntervalHours: 1, refreshDays: 1 },
  cleanup: { graceHours: 0 },
  reconcile: { intervalHours: 1 },
  gc: { intervalMinutes: 5 },
};

/** What a bot last wrote down of itself. */
interface BotState {
  readonly ready: boolean;
  readonly list: readonly { readonly name: string; readonly kind: string; readonly message: string }[];
}

interface Surroundings {
  readonly world: World;
  readonly pins: PinWatch;
}

/** How a bot is led to its world. */
interface Way {
  /** Of a world that it is not led to straight. */
  readonly ways?: Ways;
  readonly sections?: JsonObject;
  readonly env?: NodeJS.ProcessEnv;
}

interface WatchedOptions {
  /** How many times as fast as for the machine time passes on both sides. */
  readonly factor: number;
  readonly world?: WorldOptions;
  /** Opened before the bot, and closed by `releases`. */
  readonly lay?: (surroundings: Surroundings, releases: ReleaseStack) => Promise<Way>;
  /** The first of its files that the bot is to hold. */
  readonly files: readonly string[];
}

/** A bot and its supervisor in a world that sees what it does to files, and the files that it is to hold. */
export class WatchedWorld {
  readonly world: World;
  readonly home: BotHome;
  readonly bot: SupervisedBot;
  readonly watch: Watch;
  /** On the daemon's side of whatever lies between: what it sees has come through. */
  readonly pins: PinWatch;
  readonly closed: SeededFile[] = [];
  readonly #releases: ReleaseStack;
  readonly #files: string[] = [];
  /** Files whose orders live and that were handled. */
  #held: SeededFile[] = [];

  private constructor({ world, pins }: Surroundings, home: BotHome, releases: ReleaseStack) {
    this.world = world;
    this.home = home;
    this.pins = pins;
    this.watch = watchFiles(world, pins);
    this.bot = new SupervisedBot(home, () => world.clock.botEnvironment());
    this.#releases = releases;
    releases.add(() => this.bot.giveUp());
  }

  /** With a bot at rest that holds its first files. */
  static async start(options: WatchedOptions): Promise<WatchedWorld> {
    const releases = new ReleaseStack();
    try {
      const surroundings = await surround(options, releases);
      const { world, pins } = surroundings;
      const { ways, sections, env } = (await options.lay?.(surroundings, releases)) ?? {};
      const others = { ...eager, ...secretWays(world, ways ?? { ipfs: pins.origin }), ...sections };
      const home = await BotHome.make(world, 'bot', { others, env });
      releases.add(async () => await home.close());
      const watched = new WatchedWorld(surroundings, home, releases);
      await home.eventually('a bot that is ready', () => watched.isReady());
      const files = [];
      for (const name of options.files) files.push(await watched.file(name));
      for (const file of files) world.order(file);
      await watched.handled(...files);
      return watched;
    } catch (error) {
      await releases.releaseAll();
      throw error;
    }
  }

  isReady(): boolean {
    return this.bot.lines.some(({ message }) => message === 'Ready');
  }

  async state(): Promise<BotState> {
    const rows = await this.home.rows<{ content: string }>("SELECT content FROM config WHERE name = 'conditions'");
    return rows[0] === undefined ? { ready: false, list: [] } : (JSON.parse(rows[0].content) as BotState);
  }

  /** Waits until nothing is wrong and nothing is being pulled. */
  async calm(): Promise<void> {
    await this.home.eventually(
      'a bot at rest',
      async () => {
        const { ready, list } = await this.state();
        const running = await this.home.rows("SELECT 1 FROM pin_record WHERE status = 'running'");
        return ready && list.length === 0 && running.length === 0;
      },
      PATIENCE_MS,
    );
  }

  /** A file of some blocks that the customers have. */
  async file(seed: string): Promise<SeededFile> {
    const file = await addSeededFile(this.world, seed, 1100 * KIB);
    this.#files.push(file.cid);
    return file;
  }

  async handled(...files: readonly SeededFile[]): Promise<void> {
    await this.home.eventuallyStand(
      files.map(({ cid }) => cid),
      'handled',
      PATIENCE_MS,
    );
    this.#held = [...this.#held, ...files.filter((file) => !this.#held.includes(file))];
  }

  /** The order of the file that is held longest closes. */
  closeOne(): void {
    const [oldest, ...others] = this.#held;
    if (oldest === undefined) throw new Error('no file is held');
    closeOnChain(this.world.chain, oldest.cid);
    this.closed.push(oldest);
    this.#held = others;
  }

  /** Of the handled files whose orders live: those that are not valid in sWorker and pinned. */
  async missing(): Promise<readonly string[]> {
    const missing: string[] = [];
    for (const { cid, seed } of this.#held) {
      if (inSworker(this.world, cid) !== 'valid' || !(await isPinned(this.world, cid))) missing.push(seed);
    }
    return missing;
  }

  /** Of the files whose orders closed: those that are still held or pinned. */
  async left(): Promise<readonly string[]> {
    const left: string[] = [];
    for (const { cid, seed } of this.closed) {
      if (inSworker(this.world, cid) !== 'nowhere' || (await isPinned(this.world, cid))) left.push(seed);
    }
    return left;
  }

  /** What was seen that must never be: a file let go of while its order lived, or pulled twice at once. */
  get wrong(): readonly string[] {
    const live = this.watch.lettingGo.filter(({ isLive }) => isLive === true);
    return [
      ...this.watch.violations,
      ...live.map(({ how, cid, atBlock }) => `${how} of ${cid} at block ${atBlock}, and its order lives`),
      ...this.pins.wrong,
    ];
  }

  /**
   * By the records: files that the bot began to let go of although their orders had not closed. It writes that down before it asks, so that also a question is
   * told that never arrived. Of a world without lost files, forgotten files and pins of others.
   */
  async begunWrongly(): Promise<readonly string[]> {
    const begun = await this.home.rows<{ how: string; cid: string; atBlock: number }>(
      `SELECT 'deletion' AS how, cid, COALESCE(deleted_block, 0) AS atBlock FROM cleanup_record WHERE status = 'deleting' OR deleted_block IS NOT NULL
       UNION ALL SELECT 'deletion as a lost file', cid, 0 FROM pin_record WHERE let_go_block IS NOT NULL
       UNION ALL SELECT 'unpinning by its pull', cid, 0 FROM pin_record WHERE repinned = 1`,
    );
    const isRight = ({ cid, atBlock }: (typeof begun)[number]): boolean =>
      [...(this.watch.closes.get(cid) ?? [])].some((closedBlock) => closedBlock <= atBlock);
    return begun
      .filter((one) => !isRight(one))
      .map(({ how, cid }) => `${how} of ${cid} was begun, and its order lives`);
  }

  /** Waits until everything that must hold does, by the database beside what the world has seen. */
  async whole(): Promise<void> {
    let broken: readonly string[] = [];
    const isWhole = async (): Promise<boolean> => (broken = await this.#broken()).length === 0;
    await this.home.eventually('whole tables', isWhole, PATIENCE_MS).catch((error: unknown) => {
      throw new Error(`not whole: ${broken.join('; ')}`, { cause: error });
    });
  }

  /**
   * Waits until nothing is left to do: the files of closed orders are gone, and then, while the chain stands still, what must hold of a bot that has caught up.
   * `isLiedTo`: blocks may have been passed over.
   */
  async settled({ isLiedTo = false } = {}): Promise<void> {
    let left: readonly string[] = [];
    const isCleanedUp = async (): Promise<boolean> => (left = await this.#cleaning()).length === 0;
    await this.home.eventually('the end of all cleanups', isCleanedUp, PATIENCE_MS).catch((error: unknown) => {
      throw new Error(`not cleaned up: ${left.join('; ')}`, { cause: error });
    });
    let broken: readonly string[] = [];
    const settled = { isSettled: true, isCleanedUp: true, liesSeldom: !isLiedTo };
    this.world.pauseBlocks();
    const isSettled = await untilWritten(
      this.home.dataDir,
      async () => (broken = await this.#broken(settled)).length === 0,
      PATIENCE_MS,
    ).finally(() => this.world.resumeBlocks());
    if (!isSettled) throw new Error(`not settled: ${broken.join('; ')}`);
  }

  /** Closed files that are still there, and cleanups that are not over. */
  async #cleaning(): Promise<readonly string[]> {
    const open = await this.home.rows<{ cid: string; status: string; look: number; detail: string | null }>(
      `SELECT cid, status, look_block AS look, detail FROM cleanup_record WHERE status IN ('seen', 'confirmed', 'deleting')`,
    );
    const left = await this.left();
    return [...left.map((seed) => `${seed} is held or pinned`), ...open.map((cleanup) => JSON.stringify(cleanup))];
  }

  async #broken(settled?: Settled): Promise<readonly string[]> {
    return await brokenInvariants(this.#invariantView, settled);
  }

  get #invariantView(): InvariantView {
    return {
      ...worldView(this.world, this.home, this.#files),
      isBotUp: true,
      pulling: [...this.pins.pulling],
      pullsBegun: new Map(this.pins.begun),
      seen: this.wrong,
      lettingGo: [...this.watch.lettingGo],
      ...usualLimits,
      closes: this.watch.closes,
      deleted: this.watch.deleted,
    };
  }

  async close(): Promise<void> {
    await this.#releases.releaseAll();
  }
}

async function surround({ factor, world: options }: WatchedOptions, releases: ReleaseStack): Promise<Surroundings> {
  const blocks = { kind: 'real', intervalMs: BLOCK_MS } as const;
  const world = await startWorld({ ...SMALL_WORLD, blocks, clock: { factor }, ...options });
  releases.add(async () => await world.stop());
  const pins = await PinWatch.start(new URL(world.ipfs.apiUrl).origin);
  releases.add(async () => await pins.close());
  return { world, pins };
}
