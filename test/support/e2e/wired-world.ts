import { closeOnChain } from '../../../devnet/demo/endings.ts';
import { startWorld, type World } from '../../../devnet/world/world.ts';
import { ReleaseStack } from '../../../src/runtime/release-stack.ts';
import type { InvariantView } from '../invariant-view.ts';
import { brokenInvariants } from '../invariants.ts';
import type { Watch } from '../sim/watch.ts';
import { BotHome } from './bot-home.ts';
import { addSeededFile, inSworker, isPinned, type SeededFile } from './daemon.ts';
import { FarEnds } from './far-ends.ts';
import { watchFiles } from './file-watch.ts';
import { PinWatch } from './pin-watch.ts';
import { realKubo } from './real-kubo.ts';
import { SMALL_WORLD } from './small-world.ts';
import { SupervisedBot } from './supervised-bot.ts';
import { Wires } from './wires.ts';

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

interface Parts {
  readonly world: World;
  readonly pins: PinWatch;
  readonly wires: Wires;
  readonly home: BotHome;
  readonly releases: ReleaseStack;
}

/** A bot, its supervisor and its world, between them links that can be spoilt. */
export class WiredWorld {
  readonly world: World;
  readonly wires: Wires;
  readonly ends: FarEnds;
  readonly home: BotHome;
  readonly bot: SupervisedBot;
  readonly #releases: ReleaseStack;
  /** On the daemon's side of the wire: what it sees has come through. */
  readonly #pins: PinWatch;
  readonly #watch: Watch;
  readonly #closed: SeededFile[] = [];
  /** Files whose orders live and that were handled. */
  #held: SeededFile[] = [];

  private constructor(parts: Parts) {
    this.world = parts.world;
    this.wires = parts.wires;
    this.home = parts.home;
    this.#releases = parts.releases;
    this.ends = new FarEnds(parts.world);
    this.#pins = parts.pins;
    this.#watch = watchFiles(parts.world, parts.pins);
    this.bot = new SupervisedBot(parts.home, () => parts.world.clock.botEnvironment());
  }

  /** With a bot at rest that holds two files. Time passes on both sides so many times as fast as for the machine. */
  static async start(factor: number): Promise<WiredWorld> {
    const releases = new ReleaseStack();
    try {
      const world = await startWorld({
        ...SMALL_WORLD,
        kubo: realKubo(),
        blocks: { kind: 'real', intervalMs: BLOCK_MS },
        clock: { factor },
      });
      releases.add(async () => await world.stop());
      const pins = await PinWatch.start(new URL(world.ipfs.apiUrl).origin);
      releases.add(async () => await pins.close());
      const wires = await Wires.lay(world, pins.origin);
      releases.add(async () => await wires.close());
      const home = await BotHome.make(world, 'bot', { others: { ...wires.sections, ...eager }, env: wires.env });
      releases.add(async () => await home.close());
      const wired = new WiredWorld({ world, pins, wires, home, releases });
      releases.add(() => wired.bot.giveUp());
      await home.eventually('a bot that is ready', () => wired.isReady());
      const files = [await wired.file('first'), await wired.file('second')];
      for (const file of files) world.order(file);
      await wired.handled(...files);
      return wired;
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
    return await addSeededFile(this.world, seed, 1100 * KIB);
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
    this.#closed.push(oldest);
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

  /** Of the files whose orders closed: those that are still held. */
  left(): readonly string[] {
    return this.#closed.filter(({ cid }) => inSworker(this.world, cid) !== 'nowhere').map(({ seed }) => seed);
  }

  /** Takes every fault away and holds nothing any more. */
  async heal(): Promise<void> {
    this.ends.hangsUp = undefined;
    this.ends.letGo();
    await this.wires.heal();
  }

  /** What was seen that must never be: a file let go of while its order lived, or pulled twice at once. */
  get wrong(): readonly string[] {
    const live = this.#watch.lettingGo.filter(({ isLive }) => isLive === true);
    return [
      ...this.#watch.violations,
      ...live.map(({ how, cid, atBlock }) => `${how} of ${cid} at block ${atBlock}, and its order lives`),
      ...this.#pins.wrong,
    ];
  }

  /** Waits until everything that must hold does, by the database beside what the world has seen. */
  async whole(): Promise<void> {
    let broken: readonly string[] = [];
    const isWhole = async (): Promise<boolean> => {
      broken = await brokenInvariants(this.#invariantView);
      return broken.length === 0;
    };
    await this.home.eventually('whole tables', isWhole, PATIENCE_MS).catch((error: unknown) => {
      throw new Error(`not whole: ${broken.join('; ')}`, { cause: error });
    });
  }

  get #invariantView(): InvariantView {
    return {
      chain: this.world.chain,
      rows: async <T>(sql: string, ...bindings: readonly unknown[]) =>
        await this.home.rows<T>(sql, ...(bindings as (string | number)[])),
      isBotUp: true,
      pulling: [...this.#pins.pulling],
      pullsBegun: new Map(this.#pins.begun),
      seen: this.wrong,
      lettingGo: [...this.#watch.lettingGo],
    };
  }

  async close(): Promise<void> {
    await this.#releases.releaseAll();
  }
}
