import { share } from './mixing.ts';
import { writeCompact, writeInteger } from './hex-text.ts';
import { RUN_REPLICAS, makeReplicaRuns, type ReplicaRun, type RunOptions } from './replica-runs.ts';

/** Of the maps' sizes: 0 to 120 with mean 40 because it is spread as a square. */
const MOST_REPLICAS = 120;
const HEAVIEST_REPLICAS = 200;
const SMALLEST_SIZE_BITS = 12;
const SIZE_BITS_SPAN = 21;
const FILE_DURATION_BLOCKS = 2_592_000;
/** Hex digits of the longest head; the replicas follow. */
const HEAD_CHARACTERS = 100;
const [SIZE, REWARD, REPLICAS, EXPIRY, CALCULATED, RUN, OFFSET] = [11, 12, 13, 14, 15, 16, 17] as const;

/** What a client is to read from an order's value. */
export interface ExpectedFigures {
  readonly sizeBytes: number;
  readonly rewardPico: number;
  readonly calculatedBlock: number;
  readonly expiryBlock: number;
  readonly replicas: number;
  /** 0 none, 1 by another member, 2 by the own account: the own group's place in the map. */
  readonly groupHold: 0 | 1 | 2;
}

export interface ValueOptions extends RunOptions {
  /** Every map with 200 replicas. */
  readonly heaviest: boolean;
}

/** `FileInfoV2` of every order and version, made from its number. */
export class OrderValues {
  readonly #options: ValueOptions;
  readonly #runs: readonly ReplicaRun[];

  constructor(options: ValueOptions) {
    this.#options = options;
    this.#runs = makeReplicaRuns(options);
  }

  figures(order: number, version: number): ExpectedFigures {
    const replicas = this.#replicas(order, version);
    const { run, offset } = this.#stretch(order, replicas);
    const isGroups = run.groupAt >= offset && run.groupAt < offset + replicas;
    return { ...this.#head(order, version, replicas), replicas, groupHold: isGroups ? run.groupHold : 0 };
  }

  /** Upper bound for `write`. */
  maxCharacters(order: number, version: number): number {
    return HEAD_CHARACTERS + this.#replicas(order, version) * 282;
  }

  /** Writes the hex of the value without `0x`; returns where it ends. */
  write(order: number, version: number, out: Buffer, start: number): number {
    const replicas = this.#replicas(order, version);
    const { sizeBytes, rewardPico, calculatedBlock, expiryBlock } = this.#head(order, version, replicas);
    let at = writeInteger(out, start, sizeBytes, 8);
    at = writeInteger(out, at, sizeBytes, 8);
    at = writeInteger(out, at, expiryBlock, 4);
    at = writeInteger(out, at, calculatedBlock, 4);
    at = writeCompact(out, at, rewardPico);
    at = writeCompact(out, at, 0);
    at = writeInteger(out, at, replicas, 4);
    at = writeInteger(out, at, Math.max(0, 4 - replicas), 4);
    at = writeCompact(out, at, replicas);
    const { run, offset } = this.#stretch(order, replicas);
    const from = run.starts[offset] ?? 0;
    const to = run.starts[offset + replicas] ?? 0;
    run.hex.copy(out, at, from, to);
    return at + to - from;
  }

  #share(order: number, purpose: number): number {
    return share(this.#options.seed, order, purpose);
  }

  #replicas(order: number, version: number): number {
    if (this.#options.heaviest) return HEAVIEST_REPLICAS;
    const first = Math.floor(this.#share(order, REPLICAS) ** 2 * (MOST_REPLICAS + 1));
    return (first + version) % (MOST_REPLICAS + 1);
  }

  #head(order: number, version: number, replicas: number): Omit<ExpectedFigures, 'replicas' | 'groupHold'> {
    const { block } = this.#options;
    const ageBlocks = Math.floor(this.#share(order, CALCULATED) * 1_000_000);
    const leftBlocks = Math.floor((this.#share(order, EXPIRY) - 0.05) * FILE_DURATION_BLOCKS);
    return {
      sizeBytes: Math.floor(2 ** (SMALLEST_SIZE_BITS + SIZE_BITS_SPAN * this.#share(order, SIZE))),
      // From one mode of the compact form to the other.
      rewardPico: Math.floor(10 ** (8 + 6 * this.#share(order, REWARD))) + version,
      calculatedBlock: block - ageBlocks,
      expiryBlock: replicas === 0 ? 0 : block + leftBlocks,
    };
  }

  #stretch(order: number, replicas: number): { readonly run: ReplicaRun; readonly offset: number } {
    const run = this.#runs[Math.floor(this.#share(order, RUN) * this.#runs.length)];
    if (run === undefined) throw new RangeError('no replica runs');
    return { run, offset: Math.floor(this.#share(order, OFFSET) * (RUN_REPLICAS - replicas + 1)) };
  }
}
