import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BotProcess } from '../../devnet/world/bot-process.ts';
import { startWorld, type World } from '../../devnet/world/world.ts';
import { BLOCK_MS, DAY_BLOCKS, DAY_MS, MIB, MINUTE_MS, SECOND_MS } from '../../src/domain/units.ts';
import { BotHome, says } from '../support/e2e/bot-home.ts';
import { inSworker } from '../support/e2e/daemon.ts';
import { PinWatch } from '../support/e2e/pin-watch.ts';
import { realKubo } from '../support/e2e/real-kubo.ts';
import { secretsInFiles, secretWays, waysSecrets } from '../support/e2e/secrets.ts';
import { untilWritten } from '../support/e2e/until-written.ts';
import { filesView } from '../support/e2e/world-view.ts';
import type { InvariantView } from '../support/invariant-view.ts';
import { brokenInvariants } from '../support/invariants.ts';
import { FileLook } from './file-look.ts';
import { Happenings } from './happenings.ts';
import { OrderLife } from './order-life.ts';
import { ReportCollector } from './report-collector.ts';
import { type Sample, Sampler } from './sampler.ts';

interface SoakOptions {
  readonly minutes: number;
  readonly days: number;
  readonly seed: number;
}

/** Short, as a month has to see everything often. */
const graceHours = 6;
const lostGraceHours = 12;
const maxPercentPerDay = 5;
const sections = {
  // A connection that was cut is opened again at the pace of the machine, which is minutes of the bot.
  runtime: { maxOutageMinutes: 480 },
  cleanup: { graceHours, maxPercentPerDay },
  seal: { lostGraceHours },
  database: { retentionDays: 4 },
};
const liveOrders = 120;
/** Nothing happens so long before the end: what is under way comes to its end. */
const calmDays = 10 / 24;
const lookMs = 20;
const samplesInRun = 100;
const stopWithinMs = 8 * SECOND_MS;
/** What the bot may take to have read everything, once the chain stands still. */
const settlesWithinMs = 10 * SECOND_MS;

export interface SoakResult {
  readonly samples: readonly Sample[];
  readonly life: OrderLife['counts'];
  readonly happenings: Happenings;
  readonly wrong: readonly string[];
}

interface Opened {
  readonly world: World;
  readonly home: BotHome;
  readonly happenings: Happenings;
  readonly collector: ReportCollector;
  readonly pins: PinWatch;
}

/** The built bot in a world whose days pass in seconds, from its start to its stop. */
export class Soak {
  readonly #options: SoakOptions;
  readonly #world: World;
  readonly #home: BotHome;
  readonly #sampler: Sampler;
  readonly #collector: ReportCollector;
  readonly #happenings: Happenings;
  readonly #life: OrderLife;
  readonly #pins: PinWatch;
  readonly #files: FileLook;
  readonly #samples: Sample[] = [];

  private constructor(options: SoakOptions, { world, home, happenings, collector, pins }: Opened, sampler: Sampler) {
    this.#options = options;
    this.#world = world;
    this.#home = home;
    this.#happenings = happenings;
    this.#collector = collector;
    this.#sampler = sampler;
    this.#life = new OrderLife(world, { seed: options.seed, liveOrders, graceHours });
    this.#pins = pins;
    this.#files = new FileLook(world, home, { pins, lostGraceHours });
  }

  static async open(options: SoakOptions): Promise<Soak> {
    const factor = (options.days * DAY_MS) / (options.minutes * MINUTE_MS);
    const world = await startWorld({
      seed: options.seed,
      kubo: realKubo(),
      blocks: { kind: 'real', intervalMs: BLOCK_MS },
      clock: { factor },
      // The bot is the only member of its group and wins every draw.
      members: 1,
      activeNodes: 20,
      goneNodes: 2,
      keepBlocks: DAY_BLOCKS,
      // So little that garbage has to be collected now and then.
      storageMaxBytes: 14 * MIB,
    });
    const happenings = new Happenings();
    const collector = await ReportCollector.listen(() => happenings.noteReport());
    const pins = await PinWatch.start(new URL(world.ipfs.apiUrl).origin);
    const others = { ...sections, ...secretWays(world, { ipfs: pins.origin, telemetry: collector.url }) };
    const home = await BotHome.make(world, 'bot', { others });
    const temporaryDir = join(home.dir, 'tmp');
    await mkdir(temporaryDir);
    return new Soak(options, { world, home, happenings, collector, pins }, new Sampler(home, temporaryDir));
  }

  async close(): Promise<void> {
    await this.#home.close();
    await this.#collector.close();
    await this.#pins.close();
    await this.#world.stop();
  }

  /** @param tell hears of each day */
  async run(tell: (line: string) => void): Promise<SoakResult> {
    const bot = await this.#home.start({ ...this.#sampler.environment, ...this.#world.clock.botEnvironment() });
    const happenings = this.#happenings;
    happenings.listen(bot);
    await says(bot, ({ message }) => message === 'Ready');
    await this.#live(bot, tell).catch((error: unknown) => {
      throw new Error(`the bot's last words:\n${lastWords(bot)}`, { cause: error });
    });
    // What the bot has read is held against the whole chain: the last blocks are to be among it.
    this.#world.pauseBlocks();
    await untilWritten(
      this.#home.dataDir,
      async () => (await this.#broken({ isBotUp: true })).length === 0,
      settlesWithinMs,
    );
    const { code, ms } = await bot.stop();
    await this.#files.look();
    happenings.noteCalledOff(await this.#calledOff());
    const wrong = [
      ...(code === 0 && ms < stopWithinMs
        ? []
        : [`the bot ended with ${code} after ${ms} ms when it was told to stop`]),
      ...this.#files.wrong({ afterStop: true }),
      ...happenings.errors.map((line) => `an error in the log: ${line}`),
      ...happenings.revealing,
      ...(await secretsInFiles(this.#home, waysSecrets)),
      ...(await this.#brokenAtTheEnd()),
    ];
    return { samples: this.#samples, life: this.#life.counts, happenings, wrong };
  }

  async #live(bot: BotProcess, tell: (line: string) => void): Promise<void> {
    const { days } = this.#options;
    const startMs = this.#world.clock.nowMs();
    const dayNow = (): number => (this.#world.clock.nowMs() - startMs) / DAY_MS;
    let hasEnded = false;
    void bot.exited.then(() => (hasEnded = true));
    let [hours, sampledDay, toldDays] = [0, Number.NEGATIVE_INFINITY, 0];
    for (let day = 0; day < days; day = dayNow()) {
      if (hasEnded) throw new Error('the bot ended by itself');
      if (day >= days - calmDays) this.#life.calm();
      else if (24 * day >= hours) await this.#life.hour(hours++);
      if (day - sampledDay >= days / samplesInRun && bot.pid !== undefined) {
        sampledDay = day;
        const sample = await this.#sampler.sample(bot.pid, { atDay: day, logBytes: this.#happenings.logBytes });
        this.#samples.push(sample);
        await this.#files.look();
        if (day >= toldDays) tell(dayLine(++toldDays, sample));
      }
      await delay(lookMs);
    }
  }

  /** Of the last days: older ones are past retention. */
  async #calledOff(): Promise<number> {
    const sql = "SELECT COUNT(*) AS count FROM cleanup_record WHERE status = 'cancelled'";
    const [row] = await this.#home.rows<{ count: number }>(sql);
    return row?.count ?? 0;
  }

  /** The bot has been left alone for hours and was stopped: everything has its place. */
  async #brokenAtTheEnd(): Promise<readonly string[]> {
    const standings = await this.#home.standings();
    const misplaced = [...this.#life.files.keys()].flatMap((cid) => {
      const isLive = this.#life.isLive(cid);
      const standing = standings.get(cid) ?? 'unknown';
      const fits = isLive ? standing === 'handled' : ['closed', 'unknown'].includes(standing);
      const place = inSworker(this.#world, cid);
      if (fits && place === (isLive ? 'valid' : 'nowhere')) return [];
      return [`the order of ${cid} ${isLive ? 'lives' : 'is closed'}, it is ${standing} and ${place} in sWorker`];
    });
    return [...misplaced, ...(await this.#broken({ isBotUp: false }))];
  }

  async #broken({ isBotUp }: { readonly isBotUp: boolean }): Promise<readonly string[]> {
    const view: InvariantView = {
      ...filesView(this.#world, [...this.#life.files.keys()]),
      rows: async <T>(sql: string, ...bindings: readonly unknown[]) =>
        await this.#home.rows<T>(sql, ...(bindings as (string | number)[])),
      isBotUp,
      pulling: [...this.#pins.pulling],
      // Of most of them the records are past retention: `FileLook` has looked in time.
      pullsBegun: undefined,
      closes: this.#files.closes,
      deleted: this.#files.deleted,
      maxPercentPerDay,
      headLeadBlocks: this.#files.headLeadBlocks,
      seen: [],
    };
    return await brokenInvariants(view, { isSettled: true, isCleanedUp: true, liesSeldom: true });
  }
}

function lastWords(bot: BotProcess): string {
  return bot.lines
    .slice(-30)
    .map(({ text }) => text)
    .join('\n');
}

function dayLine(day: number, { rssBytes, heapBytes, descriptors, timers, databaseBytes, walBytes }: Sample): string {
  const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
  return `day ${day}: RSS ${mib(rssBytes)}, heap ${mib(heapBytes)}, ${descriptors} descriptors, ${timers} timers, database ${mib(databaseBytes)}, log of it ${mib(walBytes)}`;
}
