import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { databaseFileName } from '../../src/store/database.ts';
import type { BotHome } from '../support/e2e/bot-home.ts';

/** What a bot holds at one moment. */
export interface Sample {
  /** Days of the bot since the first sample. */
  readonly atDay: number;
  readonly rssBytes: number;
  /** After a full collection. */
  readonly heapBytes: number;
  /** Of the heap: code, compiled anew for whatever has run often enough, and what the engine keeps with it. */
  readonly codeBytes: number;
  readonly externalBytes: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly timers: number;
  /** Sockets, pipes and calls under way. */
  readonly handles: number;
  readonly listeners: number;
  readonly temporaryFiles: number;
  readonly databaseBytes: number;
  readonly walBytes: number;
  /** Printed since the start. */
  readonly logBytes: number;
}

interface Probed {
  readonly rss: number;
  readonly heapUsed: number;
  readonly code: number;
  readonly external: number;
  readonly timers: number;
  readonly handles: number;
  readonly listeners: number;
}

const probeModule = fileURLToPath(new URL('./resource-probe.mjs', import.meta.url));
const patienceMs = 20_000;
const lookAgainMs = 20;
/** All that a bot's data directory has for good; what is in its backups is looked at by its name. */
const lasting = [databaseFileName, `${databaseFileName}-wal`, `${databaseFileName}-shm`, 'smanager-db.lock', 'backups'];

/** Looks at a bot's process and files from outside, and through a probe that is loaded into it. */
export class Sampler {
  readonly #home: BotHome;
  readonly #probeFile: string;
  readonly #temporaryDir: string;

  constructor(home: BotHome, temporaryDir: string) {
    this.#home = home;
    this.#temporaryDir = temporaryDir;
    this.#probeFile = join(home.dir, 'probe');
  }

  /** What the bot has to be started with. */
  get environment(): Readonly<Record<string, string>> {
    return { NODE_OPTIONS: `--import=${probeModule}`, SOAK_PROBE: this.#probeFile, TMPDIR: this.#temporaryDir };
  }

  async sample(pid: number, { atDay, logBytes }: Pick<Sample, 'atDay' | 'logBytes'>): Promise<Sample> {
    const descriptors = (await readdir(`/proc/${pid}/fd`)).length;
    const threads = Number(/^Threads:\s+(\d+)/mu.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
    const { rss, heapUsed, code, external, ...counts } = await this.#probe(pid);
    return {
      atDay,
      logBytes,
      descriptors,
      threads,
      rssBytes: rss,
      heapBytes: heapUsed,
      codeBytes: code,
      externalBytes: external,
      ...counts,
      temporaryFiles: await this.#temporaryFiles(),
      databaseBytes: await sizeOf(this.#home.databaseFile),
      walBytes: await sizeOf(`${this.#home.databaseFile}-wal`),
    };
  }

  async #probe(pid: number): Promise<Probed> {
    const before = await sizeOf(this.#probeFile);
    process.kill(pid, 'SIGUSR2');
    const endMs = performance.now() + patienceMs;
    for (;;) {
      const text = (await sizeOf(this.#probeFile)) > before ? await readFile(this.#probeFile, 'utf8') : '';
      if (text.endsWith('\n')) return JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as Probed;
      if (performance.now() > endMs) throw new Error(`the probe did not answer for ${patienceMs / 1000} s`);
      await delay(lookAgainMs);
    }
  }

  async #temporaryFiles(): Promise<number> {
    const { dataDir } = this.#home;
    const own = (await namesIn(dataDir)).filter((name) => !lasting.includes(name));
    const unfinished = (await namesIn(join(dataDir, 'backups'))).filter((name) => !name.endsWith('.sqlite'));
    return own.length + unfinished.length + (await namesIn(this.#temporaryDir)).length;
  }
}

async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
