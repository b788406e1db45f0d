import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('./slow-disk.c', import.meta.url));

/** What a disk that is worn out or overloaded takes. */
const READ_OR_WRITE_MS = 2;
const SYNC_MS = 40;

const hasCompiler = spawnSync('cc', ['--version'], { stdio: 'ignore' }).status === 0;
if (!hasCompiler) console.warn('\n*** NO C COMPILER (cc), so no disk can be made slow, and nothing runs on one ***\n');

/** True when the test on a slow disk is to be passed over: it cannot be made here, and nobody requires it (`CI`). */
export const isWithoutSlowDisks = !hasCompiler && !process.env['CI'];

/** A folder whose files lie on a slow disk for the programs that are started with its environment. */
export class SlowDisk {
  readonly env: NodeJS.ProcessEnv;
  readonly #count: string;

  private constructor(folder: string, library: string, count: string) {
    this.#count = count;
    this.env = {
      LD_PRELOAD: library,
      SLOW_DISK_FOLDER: folder,
      SLOW_DISK_MS: String(READ_OR_WRITE_MS),
      SLOW_DISK_SYNC_MS: String(SYNC_MS),
      SLOW_DISK_COUNT: count,
    };
  }

  /** `workFolder`: for what is needed meanwhile. */
  static make(folder: string, workFolder: string): SlowDisk {
    const library = join(workFolder, 'slow-disk.so');
    const { status, stderr, error } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl']);
    if (status !== 0) throw new Error(`no disk can be made slow: ${error?.message ?? String(stderr)}`);
    return new SlowDisk(folder, library, join(workFolder, 'slow-disk-count'));
  }

  /** How often the program that ended last has waited for the disk. */
  async waits(): Promise<number> {
    return Number(await readFile(this.#count, 'utf8'));
  }
}
