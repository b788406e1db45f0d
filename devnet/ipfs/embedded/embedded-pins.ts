import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type StoredPinType = 'recursive' | 'direct';

/** Pins as empty files `<cid>.<type>`: what stands on disk survives a kill. */
export class EmbeddedPins {
  private readonly dir: string;
  private readonly types = new Map<string, StoredPinType>();

  constructor(dir: string) {
    this.dir = dir;
  }

  async open(): Promise<void> {
    await mkdir(this.dir, { recursive: true });
    for (const name of await readdir(this.dir)) {
      const [cid, type] = name.split('.');
      if (cid !== undefined && (type === 'recursive' || type === 'direct')) this.types.set(cid, type);
    }
  }

  async add(cid: string, type: StoredPinType): Promise<void> {
    await writeFile(join(this.dir, `${cid}.${type}`), '');
    this.types.set(cid, type);
  }

  /** False when it was not pinned. */
  async remove(cid: string): Promise<boolean> {
    const type = this.types.get(cid);
    if (type === undefined) return false;
    await rm(join(this.dir, `${cid}.${type}`));
    this.types.delete(cid);
    return true;
  }

  get(cid: string): StoredPinType | undefined {
    return this.types.get(cid);
  }

  list(): [cid: string, type: StoredPinType][] {
    return [...this.types];
  }
}
