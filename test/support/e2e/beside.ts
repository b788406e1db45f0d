import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BotProcess } from '../../../devnet/world/bot-process.ts';

const run = promisify(execFile);
const holder = fileURLToPath(new URL('./lock-holder.mjs', import.meta.url));

/** What `NODE_OPTIONS` has to be to load a module of this folder into a bot. */
export function loading(module: 'short-patience.mjs' | 'stepped-clock.mjs'): string {
  return `--import=${fileURLToPath(new URL(module, import.meta.url))}`;
}

/** Another program that keeps a database locked for so long, again and again. */
export class LockHolder {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when it has it for the first time. */
  static async start(database: string, { holdMs, pauseMs }: { holdMs: number; pauseMs: number }): Promise<LockHolder> {
    const child = spawn(process.execPath, [holder, database, String(holdMs), String(pauseMs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (child.stdout === null) throw new Error('nobody to listen to');
    await once(child.stdout, 'data');
    child.stdout.resume();
    return new LockHolder(child);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** Sets a limit of a process that runs, as `ulimit` would have at its start; `unlimited` takes it away again. */
export async function setLimit(bot: BotProcess, limit: 'nofile' | 'fsize', soft: number | 'unlimited'): Promise<void> {
  await run('prlimit', [`--pid=${bot.pid}`, `--${limit}=${soft}:`]);
}

/** The number that the next file or connection of a process would get: as a limit it lets none be opened any more. */
export async function nextDescriptor(bot: BotProcess): Promise<number> {
  const open = new Set((await readdir(`/proc/${bot.pid}/fd`)).map(Number));
  let next = 0;
  while (open.has(next)) next += 1;
  return next;
}

/** The wall clock of bots that are started with its environment. */
export class SteppedClock {
  readonly env: NodeJS.ProcessEnv;
  readonly #offset: string;

  private constructor(offset: string) {
    this.#offset = offset;
    this.env = { NODE_OPTIONS: loading('stepped-clock.mjs'), CLOCK_OFFSET: offset };
  }

  static async make(folder: string): Promise<SteppedClock> {
    const clock = new SteppedClock(join(folder, 'clock-offset'));
    await writeFile(clock.#offset, '0');
    return clock;
  }

  /** So far from the machine's from now on. */
  async step(bot: BotProcess, offsetMs: number): Promise<void> {
    await writeFile(this.#offset, String(offsetMs));
    process.kill(bot.pid ?? 0, 'SIGUSR2');
  }
}
