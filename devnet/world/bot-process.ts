import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { engineOptions } from '../../src/runtime/engine-options.ts';
import { guardChild } from './guard-child.ts';

/** What `npm run build` makes: the bot as it is shipped. */
const BUILT_BOT = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));

/** A line of the bot's log, or of anything else it printed: then only `text` stands. */
export interface BotLine {
  readonly text: string;
  readonly level?: string;
  readonly module?: string;
  readonly message?: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface BotExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface BotOptions {
  readonly configPath: string;
  /** Over this process's own environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Of another Node than this one. */
  readonly nodeBinary?: string;
  /** What starts it instead of node with its options: a program and its first words. The command comes behind them. */
  readonly program?: readonly string[];
  /** Stands before all of that: a program that becomes it, with its words. */
  readonly before?: readonly string[] | undefined;
}

/** The program and its words, for the command `args`. */
function commandLine(options: BotOptions, args: readonly string[]): readonly [string, string[]] {
  const node = [options.nodeBinary ?? process.execPath, ...engineOptions(BUILT_BOT), BUILT_BOT];
  const [program = process.execPath, ...words] = [...(options.before ?? []), ...(options.program ?? node), ...args];
  return [program, words];
}

function environment({ configPath, env }: BotOptions): NodeJS.ProcessEnv {
  return { ...process.env, LOG_FORMAT: 'json', ...env, SMANAGER_CONFIG: configPath };
}

/** The built bot as a process of its own, seen from outside: what it prints and how it ends. */
export class BotProcess {
  /** Resolves when it has ended and everything it printed was read; never rejects. */
  readonly exited: Promise<BotExit>;
  readonly #child: ChildProcess;
  readonly #lines: BotLine[] = [];
  readonly #listeners = new Set<(line: BotLine) => void>();

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#hear(`could not be started: ${error.message}`);
        resolve({ code: null, signal: null });
      });
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#hear(line));
    }
  }

  /** `args`: another command than `run`. */
  static start(options: BotOptions, args: readonly string[] = ['run']): BotProcess {
    const child = spawn(...commandLine(options, args), {
      env: environment(options),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    guardChild(child);
    return new BotProcess(child);
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Everything printed so far, in order, standard error among it. */
  get lines(): readonly BotLine[] {
    return this.#lines;
  }

  /** Returns the end of the subscription. */
  onLine(listener: (line: BotLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The first line that fits, also among those printed already. Rejects when the process ends before, or with the signal's reason. */
  async waitFor(fits: (line: BotLine) => boolean, signal?: AbortSignal): Promise<BotLine> {
    signal?.throwIfAborted();
    const known = this.#lines.find(fits);
    if (known !== undefined) return known;
    const done = new AbortController();
    const printed = new Promise<BotLine>((resolve) => {
      const unsubscribe = this.onLine((line) => {
        if (fits(line)) resolve(line);
      });
      done.signal.addEventListener('abort', unsubscribe, { once: true });
    });
    const aborted = new Promise<never>((_, reject) => {
      const stop = (): void => reject(signal?.reason as Error);
      signal?.addEventListener('abort', stop, { once: true, signal: done.signal });
    });
    const ended = this.exited.then(({ code, signal: by }): never => {
      const last = this.#lines.slice(-5).map(({ text }) => text);
      throw new Error(`the bot ended (${by ?? code}) before that line came; last: ${last.join(' | ')}`);
    });
    try {
      return await Promise.race([printed, aborted, ended]);
    } finally {
      done.abort();
    }
  }

  /** SIGKILL: nothing of it has a chance to tidy up. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  /** SIGTERM, as Docker stops it, or SIGINT, as a terminal does. `ms` is how long it took. */
  async stop(by: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<BotExit & { readonly ms: number }> {
    const startedMs = performance.now();
    this.#child.kill(by);
    const exit = await this.exited;
    return { ...exit, ms: Math.round(performance.now() - startedMs) };
  }

  #hear(text: string): void {
    const line = readLine(text);
    this.#lines.push(line);
    for (const listener of this.#listeners) listener(line);
  }
}

function readLine(text: string): BotLine {
  if (!text.startsWith('{')) return { text, fields: {} };
  try {
    const fields = JSON.parse(text) as Record<string, unknown>;
    const word = (name: string) => (typeof fields[name] === 'string' ? fields[name] : undefined);
    return { text, level: word('level'), module: word('module'), message: word('message'), fields };
  } catch (error) {
    if (error instanceof SyntaxError) return { text, fields: {} };
    throw error;
  }
}

export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Another command of the built bot, such as `status --json`, beside one that runs or without. */
export async function runBotCommand(
  options: BotOptions,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<CommandOutcome> {
  return await new Promise((resolve, reject) => {
    const child = execFile(
      ...commandLine(options, args),
      { env: environment(options), maxBuffer: 64 * 1024 ** 2, signal },
      (error, stdout, stderr) => {
        if (child.exitCode === null) reject(error ?? new Error(`${args.join(' ')} ended without a code`));
        else resolve({ code: child.exitCode, stdout, stderr });
      },
    );
    guardChild(child);
  });
}
