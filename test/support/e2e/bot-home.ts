import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BotLine,
  type BotOptions,
  BotProcess,
  type CommandOutcome,
  runBotCommand,
} from '../../../devnet/world/bot-process.ts';
import type { JsonObject } from '../../../devnet/world/bot-config.ts';
import type { World } from '../../../devnet/world/world.ts';
import { Database, databaseFileName } from '../../../src/store/database.ts';

/** What a wait may take on a machine that is busy with other things. */
const PATIENCE_MS = 120_000;

export interface BotHomeOptions {
  readonly scheduler?: JsonObject;
  /** Sections of the configuration file. */
  readonly others?: JsonObject;
  readonly env?: NodeJS.ProcessEnv;
  /** What starts its processes instead of node: see `BotOptions`. */
  readonly program?: readonly string[];
  /** What becomes that: see `BotOptions`. */
  readonly before?: readonly string[];
  /** Reads the database where this process does not see it. */
  readonly read?: (sql: string, bindings: readonly (string | number)[]) => Promise<unknown>;
}

/** One bot's configuration file and data in a world, and every process that ran on them. */
export class BotHome {
  readonly world: World;
  readonly dir: string;
  readonly configPath: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #ways: Pick<BotHomeOptions, 'program' | 'before' | 'read'>;
  readonly #processes: BotProcess[] = [];
  readonly #commands: BotProcess[] = [];
  readonly #outcomes: CommandOutcome[] = [];

  private constructor(
    world: World,
    dir: string,
    configPath: string,
    { env = {}, ...ways }: Pick<BotHomeOptions, 'env' | 'program' | 'before' | 'read'>,
  ) {
    this.world = world;
    this.dir = dir;
    this.configPath = configPath;
    this.#env = env;
    this.#ways = ways;
  }

  /** Writes the configuration into a folder of that name in the world's own. */
  static async make(world: World, name: string, { scheduler, others, ...ways }: BotHomeOptions = {}): Promise<BotHome> {
    const dir = join(world.dir, name);
    await mkdir(dir, { recursive: true });
    const configPath = await world.writeConfig(dir, scheduler, others);
    return new BotHome(world, dir, configPath, ways);
  }

  get dataDir(): string {
    return join(this.dir, 'data');
  }

  get databaseFile(): string {
    return join(this.dataDir, databaseFileName);
  }

  /** The process only, by the world's time; what it comes to is to be waited for. */
  launch(env: NodeJS.ProcessEnv = {}, before?: readonly string[]): BotProcess {
    // Of this moment, as every start needs its own.
    const { clock } = this.world;
    const time = clock.factor === 1 ? {} : clock.botEnvironment();
    const bot = BotProcess.start(this.#options({ ...time, ...env }, before));
    this.#processes.push(bot);
    return bot;
  }

  /** Another command of the built bot, as a process to be watched and killed. */
  launchCommand(...args: readonly string[]): BotProcess {
    const command = BotProcess.start(this.#options(), args);
    this.#commands.push(command);
    return command;
  }

  async start(env: NodeJS.ProcessEnv = {}): Promise<BotProcess> {
    const bot = this.launch(env);
    await says(bot, ({ text }) => text.includes('Started'));
    return bot;
  }

  /** Another command of the built bot. */
  async smanager(...args: readonly string[]): Promise<CommandOutcome> {
    const outcome = await runBotCommand(this.#options(), args);
    this.#outcomes.push(outcome);
    return outcome;
  }

  /** Everything that any process of this home wrote to a terminal. */
  get printed(): string {
    const logs = [...this.#processes, ...this.#commands].flatMap(({ lines }) => lines.map(({ text }) => text));
    return [...logs, ...this.#outcomes.flatMap(({ stdout, stderr }) => [stdout, stderr])].join('\n');
  }

  get errorLines(): readonly string[] {
    const lines = this.#processes.flatMap((bot) => bot.lines);
    return lines.filter(({ level }) => level === 'error' || level === undefined).map(({ text }) => text);
  }

  /** The end of what the last process printed. */
  get lastWords(): string {
    const lines: readonly BotLine[] = this.#processes.at(-1)?.lines ?? [];
    return lines
      .slice(-8)
      .map(({ text }) => text)
      .join('\n');
  }

  /** What its bots printed past the log. */
  get strayLines(): readonly string[] {
    const lines = this.#processes.flatMap((bot) => bot.lines);
    return lines.filter(({ level }) => level === undefined).map(({ text }) => text);
  }

  /** Reads the database beside whoever works on it; nothing of it stays open. */
  async rows<T>(sql: string, ...bindings: readonly (string | number)[]): Promise<T[]> {
    const { read } = this.#ways;
    if (read !== undefined) return (await read(sql, bindings)) as T[];
    const database = await Database.openExisting(this.dataDir);
    try {
      return await database.read(async (reader) => {
        const found: unknown = await reader.raw(sql, [...bindings]);
        return found as T[];
      });
    } finally {
      await database.close();
    }
  }

  /** Where the orders stand, by CID: a waiting one with its verdict. */
  async standings(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.rows<{ cid: string; status: string; verdict: string | null }>(
      'SELECT cid, status, verdict FROM file_record ORDER BY cid',
    );
    return new Map(
      rows.map(({ cid, status, verdict }) => [cid, status === 'waiting' ? `waiting: ${verdict}` : status]),
    );
  }

  /** Looks at every block of the chain whether something is so; rejects with `what` and the end of the log when it does not come. */
  async eventually(what: string, isSo: () => boolean | Promise<boolean>, patienceMs = PATIENCE_MS): Promise<void> {
    const timeout = AbortSignal.timeout(patienceMs);
    while (!(await isSo())) {
      if (timeout.aborted) throw new Error(`never came: ${what}; ${this.lastWords}`);
      await nextBlock(this.world);
    }
  }

  /** Waits until these orders stand there. */
  async eventuallyStand(cids: readonly string[], standing: string, patienceMs?: number): Promise<void> {
    const wrong = async (): Promise<string[]> => {
      const standings = await this.standings();
      return cids.filter((cid) => standings.get(cid) !== standing).map((cid) => `${cid}: ${standings.get(cid)}`);
    };
    await this.eventually(
      `${cids.length} orders ${standing}`,
      async () => (await wrong()).length === 0,
      patienceMs,
    ).catch(async (error: unknown) => {
      throw new Error(`not ${standing}: ${(await wrong()).join(', ')}`, { cause: error });
    });
  }

  /** Ends whatever still runs. */
  async close(): Promise<void> {
    await Promise.all([...this.#processes, ...this.#commands].map((each) => each.kill()));
  }

  #options(env: NodeJS.ProcessEnv = {}, before = this.#ways.before): BotOptions {
    return { configPath: this.configPath, env: { ...this.#env, ...env }, program: this.#ways.program, before };
  }
}

/** The first line that fits, waited for as long as anything is. */
export async function says(bot: BotProcess, fits: (line: BotLine) => boolean): Promise<BotLine> {
  return await bot.waitFor(fits, AbortSignal.timeout(PATIENCE_MS));
}

async function nextBlock(world: World): Promise<void> {
  await new Promise<void>((resolve) => {
    const unsubscribe = world.chain.onBlock(() => {
      unsubscribe();
      resolve();
    });
  });
}
