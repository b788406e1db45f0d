import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const keeper = fileURLToPath(new URL('./disk-keeper.mjs', import.meta.url));
const pageBytes = 4096;

/** How to get into a mount namespace of one's own, and how others come into it. */
interface Right {
  readonly unshare: readonly string[];
  readonly enter: readonly string[];
}

/** With the right to mount, and without it: then inside a user namespace, where everybody has it. */
const rights: readonly Right[] = [
  { unshare: [], enter: [] },
  { unshare: ['--map-root-user'], enter: ['--user', '--preserve-credentials'] },
];

const right = rights.find(({ unshare }) => {
  const words = [...unshare, '--mount', '--', 'mount', '-t', 'tmpfs', 'probe', '/tmp'];
  return spawnSync('unshare', words, { stdio: 'ignore' }).status === 0;
});
if (right === undefined)
  console.warn(
    '\n*** NEITHER ROOT NOR USER NAMESPACES, so no small disks can be made, and nothing runs on full ones ***\n',
  );

/** True when the tests on small disks are to be passed over: none can be made here, and nobody requires them (`CI`). */
export const isWithoutDisks = right === undefined && !process.env['CI'];

interface Answer {
  readonly id: number;
  readonly found: unknown;
  readonly error?: string;
}

/** A file system of its own at a folder, in a mount namespace of its own: a tmpfs, whose size can be changed while it is used. */
export class SmallDisk {
  readonly folder: string;
  readonly #child: ChildProcess;
  readonly #enter: readonly string[];
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  private constructor(folder: string, child: ChildProcess, enter: readonly string[]) {
    this.folder = folder;
    this.#child = child;
    this.#enter = enter;
    if (child.stdout === null) throw new Error('nobody to listen to');
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    child.once('close', (code) => {
      for (const [id, tell] of this.#waiting) tell({ id, found: null, error: `the disk's keeper ended (${code})` });
    });
  }

  /** At an empty folder. There is plenty of room at first. */
  static async mount(folder: string): Promise<SmallDisk> {
    if (right === undefined) throw new Error('no file system can be made: neither root nor user namespaces');
    const words = [...right.unshare, '--mount', '--propagation', 'private', '--', process.execPath, keeper, folder];
    const child = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    const disk = new SmallDisk(folder, child, right.enter);
    await disk.#answerTo(0);
    return disk;
  }

  /** Stands before a program that is to see it. */
  get before(): readonly string[] {
    return ['nsenter', `--target=${this.#child.pid}`, '--mount', ...this.#enter, '--'];
  }

  /** The folder, for this process to read and write in, though SQLite would not find it there. */
  get seen(): string {
    return `/proc/${this.#child.pid}/root${this.folder}`;
  }

  /** So many bytes can be written from now on, rounded up to pages. */
  async leaveFree(bytes: number): Promise<void> {
    for (;;) {
      const { blocks, bfree, bsize } = await statfs(this.seen);
      const usedBytes = (blocks - bfree) * bsize;
      const sizeBytes = usedBytes + Math.ceil(bytes / pageBytes) * pageBytes;
      try {
        await this.#ask({ ask: 'mount', options: `size=${sizeBytes}` });
        return;
      } catch (error) {
        // Somebody wrote between the look and the change: it cannot be made smaller than what is used.
        const now = await statfs(this.seen);
        if ((now.blocks - now.bfree) * now.bsize <= sizeBytes) throw error;
      }
    }
  }

  async giveRoom(): Promise<void> {
    await this.#ask({ ask: 'mount', options: 'size=1g' });
  }

  /** Fails while somebody has a file open for writing: the kernel refuses it then. */
  async setReadOnly(isReadOnly: boolean): Promise<void> {
    await this.#ask({ ask: 'mount', options: isReadOnly ? 'ro' : 'rw' });
  }

  /** Reads a database on it. */
  async rows(file: string, sql: string, bindings: readonly (string | number)[]): Promise<unknown> {
    return await this.#ask({ ask: 'rows', file, sql, bindings });
  }

  /** Changes a database on it, past the program. */
  async change(file: string, sql: string): Promise<void> {
    await this.#ask({ ask: 'change', file, sql });
  }

  async close(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin?.end();
    await ended;
  }

  async #ask(question: object): Promise<unknown> {
    this.#lastId += 1;
    const answered = this.#answerTo(this.#lastId);
    this.#child.stdin?.write(`${JSON.stringify({ id: this.#lastId, ...question })}\n`);
    return await answered;
  }

  async #answerTo(id: number): Promise<unknown> {
    const { found, error } = await new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    if (error !== undefined) throw new Error(error);
    return found;
  }
}
