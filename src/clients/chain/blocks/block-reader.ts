import type { Clock } from '../../../runtime/clock.ts';
import type { Answer, Ask, BlockRef } from '../ask.ts';
import { badAnswer, hashSchema, healthSchema, hexSchema, runtimeVersionSchema } from '../connection/answers.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import type { EndPoints } from '../connection/end-points.ts';
import type { ChainLimits } from '../connection/limits.ts';
import type { StorageValues } from '../storage/storage-values.ts';
import { storagePrefixes } from '../keys/storage-prefixes.ts';
import { decodedAt } from '../scale/undecodable.ts';
import { blockAt, blocksBetween } from './block-hashes.ts';
import { HeadStream } from './head-stream.ts';
import { SyncJudge } from './sync-state.ts';
import type { SyncState } from './sync-state.ts';
import { decodeTimestamp } from './timestamp.ts';

/** Finalized blocks, their time and runtime, and whether the node keeps up with its chain. */
export class BlockReader {
  readonly #endPoints: EndPoints;
  readonly #values: StorageValues;
  readonly #clock: Clock;
  readonly #limits: ChainLimits;
  readonly #judges = new Map<string, SyncJudge>();

  constructor(endPoints: EndPoints, values: StorageValues, clock: Clock, limits: ChainLimits) {
    this.#endPoints = endPoints;
    this.#values = values;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** The genesis hash that every end point in use has. */
  async genesisHash(ask: Ask): Promise<string> {
    const answer = await this.#endPoints.ask(ask, async (connection) =>
      connection.request(hashSchema, 'chain_getBlockHash', [0], ask),
    );
    return answer.value;
  }

  async finalizedHead(ask: Ask): Promise<Answer<BlockRef>> {
    return this.#endPoints.ask(ask, async (connection) => connection.finalizedHead(ask));
  }

  /**
   * Yields the newest finalized block whenever there is a newer one, the present one first. Blocks finalized together are not yielded one by one: walk
   * the numbers between. Throws when the end point is lost; iterate again and another one is tried.
   */
  async *finalizedHeads(ask: Ask): AsyncGenerator<Answer<BlockRef>, void, undefined> {
    const { value: opened } = await this.#endPoints.ask(ask, async (connection) => {
      const stream = new HeadStream(connection, this.#clock, this.#limits.headSilenceMs);
      await stream.open(ask);
      return { connection, stream };
    });
    const { connection, stream } = opened;
    try {
      let last = -1;
      for (;;) {
        const number = await stream.next(ask.signal);
        const head =
          number === undefined ? await connection.finalizedHead(ask) : await blockAt(connection, number, ask);
        if (head.number <= last) continue;
        last = head.number;
        yield { value: head, endPoint: connection.name };
      }
    } finally {
      stream.close();
    }
  }

  /** A finalized block by its number; `CHAIN_SYNCING` while the end point has not finalized it. */
  async blockAt(number: number, ask: Ask): Promise<Answer<BlockRef>> {
    return this.#endPoints.ask(ask, async (connection) => blockAt(connection, number, ask));
  }

  /** Finalized blocks from `from` to `to`, both included, at most 256. */
  async blocksBetween(from: number, to: number, ask: Ask): Promise<Answer<readonly BlockRef[]>> {
    return this.#endPoints.ask(ask, async (connection) => blocksBetween(connection, from, to, ask));
  }

  /** The block's own time, Unix ms. An answer for a block of another number than `at` says is none: a wrong head would be believed for ever. */
  async timestampMs(at: BlockRef, ask: Ask): Promise<Answer<number>> {
    return this.#endPoints.ask(ask, async (connection) => {
      const [value = null] = await this.#values.read(connection, [storagePrefixes.timestampNow], at, ask);
      if (value === null) throw badAnswer(connection.name, 'state_queryStorageAt', 'Timestamp.Now', value);
      return decodedAt(connection.name, at, () => decodeTimestamp(value));
    });
  }

  /** Version of the runtime in the state after this block: the one that executes the next block. */
  async specVersion(at: BlockRef, ask: Ask): Promise<Answer<number>> {
    return this.#endPoints.ask(ask, async (connection) => {
      const version = await connection.requestAt(runtimeVersionSchema, 'state_getRuntimeVersion', [at.hash], at, ask);
      return version.specVersion;
    });
  }

  /** Whether the end point that answers keeps up with its chain; remembered for the order in which end points are asked. */
  async syncState(ask: Ask): Promise<Answer<SyncState>> {
    return this.#endPoints.ask(ask, async (connection) => {
      const health = await connection.request(healthSchema, 'system_health', [], ask);
      const timestampMs = await this.#bestTimestampMs(connection, health.isSyncing, ask);
      const state = this.#judgeOf(connection).judge(health.isSyncing, health.peers, timestampMs);
      connection.standing.syncing = state.syncing;
      return state;
    });
  }

  /** Of the best block, not the finalized one: finality that stands still is no sign of a node behind its chain. */
  async #bestTimestampMs(connection: ChainConnection, saysSyncing: boolean, ask: Ask): Promise<number> {
    // The first block has no time: a node that begins anew stands there.
    const params = [storagePrefixes.timestampNow];
    const value = await connection.request(hexSchema.nullable(), 'state_getStorage', params, ask);
    if (value === null && saysSyncing) return 0;
    if (value === null) throw badAnswer(connection.name, 'state_getStorage', 'Timestamp.Now', value);
    return decodedAt(connection.name, { number: connection.finalizedNumber, hash: 'best' }, () =>
      decodeTimestamp(value),
    );
  }

  #judgeOf({ name }: ChainConnection): SyncJudge {
    let judge = this.#judges.get(name);
    if (judge === undefined) {
      judge = new SyncJudge(this.#clock, this.#limits.maxHeadAgeMs);
      this.#judges.set(name, judge);
    }
    return judge;
  }
}
