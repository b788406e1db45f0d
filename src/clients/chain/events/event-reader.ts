import type { Logger } from '../../../runtime/log.ts';
import type { Answer, Ask, BlockRef } from '../ask.ts';
import { badAnswer, blockSchema } from '../connection/answers.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import type { EndPoints } from '../connection/end-points.ts';
import { storageValue } from '../storage/storage-values.ts';
import { storagePrefixes } from '../keys/storage-prefixes.ts';
import { decodedAt } from '../scale/undecodable.ts';
import { SmError } from '../../../domain/errors.ts';
import { decodeHints, wantsHints } from './block-hints.ts';
import type { BlockHints } from './block-hints.ts';
import { ExecutingVersions } from './executing-version.ts';
import { decodeMarketEvents } from './market-events.ts';
import type { MarketEvent } from './market-events.ts';
import { Runtimes } from './runtimes.ts';
import type { Runtime } from './runtimes.ts';

export interface BlockEvents {
  readonly block: BlockRef;
  /** Version of the runtime that executed the block. */
  readonly specVersion: number;
  /** In the order they happened. */
  readonly events: readonly MarketEvent[];
}

/** What happened to orders in finalized blocks, each decoded with the runtime that executed it. */
export class EventReader {
  readonly #endPoints: EndPoints;
  readonly #logger: Logger;
  readonly #versions = new ExecutingVersions();
  readonly #runtimes = new Runtimes();

  constructor(endPoints: EndPoints, logger: Logger) {
    this.#endPoints = endPoints;
    this.#logger = logger;
  }

  async blockEvents(block: BlockRef, ask: Ask): Promise<Answer<BlockEvents>> {
    return this.#endPoints.ask(ask, async (connection) => {
      const value = await storageValue(connection, storagePrefixes.systemEvents, block, ask);
      const { registry, specVersion } = await this.#runtimeOf(connection, block, ask);
      // Every block but the first has events, those of its own inherents.
      if (value === null && block.number > 0)
        throw badAnswer(connection.name, 'state_getStorage', 'System.Events', value);
      const events = decodedAt(connection.name, block, () => decodeMarketEvents(registry, value ?? '0x00'));
      return { block, specVersion, events };
    });
  }

  /** Memos and touched orders from the block's extrinsics; asks nothing when no event has any. */
  async readHints({ block, events }: BlockEvents, ask: Ask): Promise<Answer<BlockHints>> {
    if (!events.some(wantsHints)) {
      return { value: { memos: events.map(() => null), updatedReplicas: [] }, endPoint: '' };
    }
    return this.#endPoints.ask(ask, async (connection) => {
      const extrinsics = await this.#extrinsics(connection, block, ask);
      const { registry } = await this.#runtimeOf(connection, block, ask);
      return decodeHints(registry, events, extrinsics, (extrinsicIndex, error) => {
        const detail = error instanceof Error ? error.message : String(error);
        this.#logger.debug('An extrinsic cannot be decoded', { block: block.number, extrinsicIndex, detail });
      });
    });
  }

  async #extrinsics(connection: ChainConnection, block: BlockRef, ask: Ask): Promise<readonly string[]> {
    const method = 'chain_getBlock';
    const answer = await connection.requestAt(blockSchema.nullable(), method, [block.hash], block, ask);
    if (answer === null) {
      const data = { endPoint: connection.name, method, block: block.number, blockHash: block.hash };
      throw new SmError('CHAIN_STATE_PRUNED', 'The chain node does not have the body of this block', data);
    }
    const { header, extrinsics } = answer.block;
    if (header.number !== block.number) throw badAnswer(connection.name, method, 'block.header.number', header.number);
    return extrinsics;
  }

  async #runtimeOf(connection: ChainConnection, block: BlockRef, ask: Ask): Promise<Runtime> {
    const { version, at } = await this.#versions.of(connection, block, ask);
    return this.#runtimes.load(connection, version, at, ask);
  }
}
