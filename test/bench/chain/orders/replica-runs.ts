import { compact, concat } from '../../../../devnet/chain/scale/write.ts';
import { mixed, nextState } from './mixing.ts';

const ACCOUNT_BYTES = 32;
const ANCHOR_BYTES = 64;
const RUNS = 16;
/** More than any map has, so that a map is a stretch of a run. */
export const RUN_REPLICAS = 256;
const ANCHOR_LENGTH = compact(ANCHOR_BYTES);

/** Replicas in the order of their owners: any stretch of them is a replica map. */
export interface ReplicaRun {
  readonly hex: Buffer;
  /** Where each one begins in `hex`; one more for the end. */
  readonly starts: Uint32Array;
  /** Which one is the own group's, reported by `groupHold`; -1 when none is. */
  readonly groupAt: number;
  /** 1: reported by another member, 2: by the own account. */
  readonly groupHold: 1 | 2;
}

export interface RunOptions {
  readonly seed: number;
  /** Public keys, 64 hex digits each. */
  readonly ownerHex: string;
  readonly accountHex: string;
  /** Block around which replicas became valid. */
  readonly block: number;
}

/** Encoded once, so that a value is answered by copying. About half of the replicas are in their ready period; half of the runs hold the own group. */
export function makeReplicaRuns(options: RunOptions): readonly ReplicaRun[] {
  const random = new Bytes(options.seed);
  return Array.from({ length: RUNS }, (_, index) => makeRun(options, random, index % 2 === 0, index % 4 === 0 ? 2 : 1));
}

function makeRun(options: RunOptions, random: Bytes, withGroup: boolean, groupHold: 1 | 2): ReplicaRun {
  const strangers = RUN_REPLICAS - (withGroup ? 1 : 0);
  const owners = Array.from({ length: strangers }, () => random.take(ACCOUNT_BYTES));
  const own = Buffer.from(options.ownerHex, 'hex');
  if (withGroup) owners.push(own);
  owners.sort((a, b) => a.compare(b));
  const replicas = owners.map((owner) => {
    const who = owner !== own || groupHold === 1 ? random.take(ACCOUNT_BYTES) : Buffer.from(options.accountHex, 'hex');
    return replica(owner, who, options.block, random);
  });
  const starts = new Uint32Array(RUN_REPLICAS + 1);
  replicas.forEach((bytes, index) => (starts[index + 1] = (starts[index] ?? 0) + 2 * bytes.length));
  const hex = Buffer.from(Buffer.concat(replicas).toString('hex'), 'latin1');
  return { hex, starts, groupAt: owners.indexOf(own), groupHold };
}

function replica(owner: Buffer, who: Buffer, block: number, random: Bytes): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32LE(block - random.below(1_000_000));
  const createdAt = random.below(2) === 0 ? [Uint8Array.of(0)] : [Uint8Array.of(1), number];
  const isReported = Uint8Array.of(1);
  return Buffer.from(concat([owner, who, number, ANCHOR_LENGTH, random.take(ANCHOR_BYTES), isReported, ...createdAt]));
}

class Bytes {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  below(limit: number): number {
    this.#state = nextState(this.#state);
    return mixed(this.#state) % limit;
  }

  take(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.below(256)));
  }
}
