import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SeededRandom } from '../../chain/seeded-random.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** The project's own documents and sources, and the packages it is made of. */
const FOLDERS = ['docs', 'src', 'db', 'devnet', 'node_modules'];
const KIB = 1024;
const MIB = 1024 ** 2;

/** Files from `fromBytes` up to `belowBytes`, at most `count` of them and `totalBytes` together. */
interface Shelf {
  readonly fromBytes: number;
  readonly belowBytes: number;
  readonly count: number;
  readonly totalBytes: number;
}

const SHELVES: readonly Shelf[] = [
  { fromBytes: KIB, belowBytes: 64 * KIB, count: 130, totalBytes: 10 * MIB },
  { fromBytes: 64 * KIB, belowBytes: MIB, count: 70, totalBytes: 20 * MIB },
  { fromBytes: MIB, belowBytes: 6 * MIB, count: 14, totalBytes: 40 * MIB },
  { fromBytes: 6 * MIB, belowBytes: 30 * MIB, count: 6, totalBytes: 70 * MIB },
];

export interface CorpusFile {
  readonly path: string;
  readonly sizeBytes: number;
}

/** Real files of this very checkout, small and large; the same ones for the same seed and installation. */
export async function chooseCorpus(seed: number): Promise<CorpusFile[]> {
  const files = shuffled((await Promise.all(FOLDERS.map(filesBelow))).flat(), new SeededRandom(seed));
  return SHELVES.flatMap((shelf) => take(shelf, files));
}

function take(shelf: Shelf, files: readonly CorpusFile[]): CorpusFile[] {
  const taken: CorpusFile[] = [];
  let totalBytes = 0;
  for (const file of files) {
    if (taken.length === shelf.count) break;
    const fits = file.sizeBytes >= shelf.fromBytes && file.sizeBytes < shelf.belowBytes;
    if (!fits || totalBytes + file.sizeBytes > shelf.totalBytes) continue;
    taken.push(file);
    totalBytes += file.sizeBytes;
  }
  return taken;
}

async function filesBelow(folder: string): Promise<CorpusFile[]> {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found: CorpusFile[] = [];
  for (const path of paths.sort()) found.push({ path, sizeBytes: (await stat(path)).size });
  return found;
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  const copy = [...items];
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const other = random.between(0, last);
    const [a, b] = [copy[last], copy[other]];
    if (a !== undefined && b !== undefined) [copy[last], copy[other]] = [b, a];
  }
  return copy;
}
