import type { FoundFile, HeldState } from '../store/held-files.ts';

/**
 * Files without a record, kept as bytes: as objects that live for a while they would be moved to where V8 collects seldom, and the first list of
 * 400,000 files would leave 50 MB of them there.
 */
export class FoundFiles {
  readonly #type: HeldState;
  #bytes = Buffer.alloc(64 * 1024);
  /** Where the CID of each begins; one more at the end. */
  #starts = [0];
  #sizes: number[] = [];
  #order: readonly number[] = [];

  constructor(type: HeldState) {
    this.#type = type;
  }

  get length(): number {
    return this.#sizes.length;
  }

  add({ cid, sizeBytes }: Pick<FoundFile, 'cid' | 'sizeBytes'>): void {
    const start = this.#starts.at(-1) ?? 0;
    const most = start + 3 * cid.length;
    if (most > this.#bytes.length) {
      const grown = Buffer.alloc(2 * most);
      this.#bytes.copy(grown, 0, 0, start);
      this.#bytes = grown;
    }
    this.#starts.push(start + this.#bytes.write(cid, start, 'utf8'));
    this.#sizes.push(sizeBytes);
  }

  /** Puts them into the order of their CIDs' bytes, which is that of the tables. */
  sort(): void {
    const [bytes, starts] = [this.#bytes, this.#starts];
    this.#order = [...this.#sizes.keys()].sort((a, b) =>
      bytes.compare(bytes, starts[b], starts[b + 1], starts[a], starts[a + 1]),
    );
  }

  /** Some of them, as they were sorted last. */
  slice(from: number, to: number): readonly FoundFile[] {
    return this.#order.slice(from, to).map((at) => ({
      cid: this.#bytes.toString('utf8', this.#starts[at], this.#starts[at + 1]),
      sizeBytes: this.#sizes[at] ?? 0,
      type: this.#type,
    }));
  }
}
