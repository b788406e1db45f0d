import { join } from 'node:path';
import { namedAccount, toAddress } from '../chain/accounts.ts';
import { BotProcess, type CommandOutcome, runBotCommand } from '../world/bot-process.ts';
import type { World } from '../world/world.ts';
import { BotDatabase, type OrderRow } from './bot-database.ts';
import { Checklist } from './checklist.ts';
import { DEMO_LIMITS } from './demo-node.ts';
import { Narrator } from './narrator.ts';
import { deniedCids, type OrderPlan } from './orders/order-plan.ts';
import { until } from './until.ts';

const MAX_PENDING_TASKS = 6;
/** Who and what is on the deny list besides CIDs. */
export const SPAMMER = namedAccount('spammer');
export const SPAM_MEMO = 'spam:';

/** One run of the demo: the world, what is planned in it, the bot of the moment and what was found out. */
export class Demo {
  readonly narrator = new Narrator();
  readonly checklist = new Checklist();
  readonly world: World;
  readonly plan: OrderPlan;
  /** Aborts when the demo takes too long as a whole. */
  readonly signal: AbortSignal;
  /** Orders that were closed while the bot held their files. */
  readonly closedOnce = new Set<string>();
  /** Files whose pull was killed in the middle. */
  readonly killed = new Set<string>();
  readonly #botDir: string;
  #configPath = '';
  #bot: BotProcess | undefined;
  #database: BotDatabase | undefined;
  #printed: BotProcess['lines'][] = [];

  constructor(parts: { readonly world: World; readonly plan: OrderPlan; readonly signal: AbortSignal }) {
    this.world = parts.world;
    this.plan = parts.plan;
    this.signal = parts.signal;
    this.#botDir = join(parts.world.dir, 'bot');
  }

  get configPath(): string {
    return this.#configPath;
  }

  /** The example's strategy; limits that the made-up orders lie around; closed files go at once. */
  async writeConfig(): Promise<void> {
    const deny = { cids: deniedCids(this.plan), owners: [toAddress(SPAMMER)], memoPrefixes: [SPAM_MEMO] };
    const scheduler = { maxPendingTasks: MAX_PENDING_TASKS, ...DEMO_LIMITS, deny };
    this.#configPath = await this.world.writeConfig(this.#botDir, scheduler, { cleanup: { graceHours: 0 } });
  }

  async startBot(): Promise<BotProcess> {
    const bot = BotProcess.start({ configPath: this.#configPath });
    this.#bot = bot;
    this.#printed.push(bot.lines);
    await bot.waitFor(({ message }) => message === 'Started', this.signal);
    this.#database ??= await BotDatabase.open(join(this.#botDir, 'data'));
    return bot;
  }

  /** The bot that runs. */
  get bot(): BotProcess {
    if (this.#bot === undefined) throw new Error('no bot was started yet');
    return this.#bot;
  }

  get database(): BotDatabase {
    if (this.#database === undefined) throw new Error('no bot was started yet');
    return this.#database;
  }

  /** What all bots of this demo logged as errors, or printed without logging it. */
  get errorLines(): string[] {
    const lines = this.#printed.flat();
    return lines.filter(({ level }) => level === 'error' || level === undefined).map(({ text }) => text);
  }

  smanager(...args: readonly string[]): Promise<CommandOutcome> {
    return runBotCommand({ configPath: this.#configPath }, args, this.signal);
  }

  /** Waits for something the bot is to do; false when it did not come in time. */
  async eventually(isSo: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
    return await until(isSo, { timeoutMs, signal: this.signal });
  }

  /** Waits until every one of the orders stands in the database as `isSo` wants it. */
  async eventuallyAll(cids: readonly string[], isSo: (row: OrderRow) => boolean, timeoutMs: number): Promise<boolean> {
    return await this.eventually(async () => {
      const rows = await this.database.orders();
      return cids.every((cid) => {
        const row = rows.get(cid);
        return row !== undefined && isSo(row);
      });
    }, timeoutMs);
  }

  async blocks(count: number): Promise<void> {
    const { chain } = this.world;
    const end = chain.head.number + count;
    await until(() => chain.head.number >= end, { timeoutMs: 60_000, signal: this.signal });
  }

  async close(): Promise<void> {
    await this.#database?.close();
    await this.#bot?.kill();
  }
}
