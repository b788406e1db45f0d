import type { Logger } from '../../../runtime/log.ts';
import { hasCode } from '../../../domain/errors.ts';
import type { OrderRead } from '../../../domain/order.ts';
import type { Answer, Ask, BlockRef } from '../ask.ts';
import { badAnswer } from '../connection/answers.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import type { EndPoints } from '../connection/end-points.ts';
import { allOrNone } from '../connection/signals.ts';
import type { RpcOutcome } from '../connection/transport.ts';
import { blockAt } from '../blocks/block-hashes.ts';
import { storagePrefixes } from '../keys/storage-prefixes.ts';
import type { GroupView } from '../orders/order-reader.ts';
import { decodedAt, decodedLater } from '../scale/undecodable.ts';
import { assertStateOf, stateProofKey } from '../storage/state-proof.ts';
import { QUERY_STORAGE_AT, valuesOf } from '../storage/storage-changes.ts';
import { decodeHints, isLostOverExtrinsic, noHints, wantsHints } from './block-hints.ts';
import type { BlockHints } from './block-hints.ts';
import { bodyOf } from './block-body.ts';
import { ExecutingVersions } from './executing-version.ts';
import type { DecodingLibrary, RuntimeVersion } from './library/decoding-library.ts';
import { leading } from './leading.ts';
import { decodeMarketEvents, hexBytes } from './market-events.ts';
import type { MarketEvent } from './market-events.ts';
import { readOrdersAfter, type OrdersAfter } from './orders-after.ts';
import { Runtimes } from './runtimes.ts';
import type { Runtime } from './runtimes.ts';

const eventKeys = [storagePrefixes.systemEvents, stateProofKey];

export interface BlockEvents {
  readonly block: BlockRef;
  /** Version of the runtime that executed the block. */
  readonly specVersion: number;
  /** In the order they happened. */
  readonly events: readonly MarketEvent[];
}

/**
 * What happened to orders in finalized blocks, each decoded with the runtime that executed it. Every method takes a window of consecutive blocks and
 * answers for the leading ones that one end point can tell, at least for the first: what stands against that one is thrown.
 */
export class EventReader {
  readonly #endPoints: EndPoints;
  readonly #logger: Logger;
  readonly #versions = new ExecutingVersions();
  readonly #runtimes: Runtimes;

  constructor(endPoints: EndPoints, library: DecodingLibrary, logger: Logger) {
    this.#endPoints = endPoints;
    this.#runtimes = new Runtimes(library);
    this.#logger = logger;
  }

  /** @param parent the block before the first of `blocks`; of the chain's very first block itself */
  async blockEvents(parent: BlockRef, blocks: readonly BlockRef[], ask: Ask): Promise<Answer<readonly BlockEvents[]>> {
    const method = QUERY_STORAGE_AT;
    const states = [parent, ...blocks.slice(0, -1)];
    // A block's own state is the one that the next window begins with.
    const probed = blocks.length > 1 ? [...states, ...blocks.slice(-1)] : states;
    return this.#endPoints.ask(ask, async (connection) => {
      let versions: readonly RuntimeVersion[] = [];
      let outcomes: readonly RpcOutcome[] = [];
      await allOrNone<unknown>(ask.signal, [
        async (signal) => (versions = await this.#versions.of(connection, probed, { ...ask, signal })),
        async (signal) => {
          const calls = blocks.map((at) => ({ method, params: [eventKeys, at.hash], at }));
          outcomes = await connection.requestBatchAt(calls, { ...ask, signal });
        },
      ]);
      return leading(Math.min(blocks.length, versions.length), async (index) => {
        const [state, block, version] = [states[index] ?? parent, blocks[index] ?? parent, versions[index]];
        const value = resultOf(connection, method, outcomes[index]);
        if (version === undefined) throw badAnswer(connection.name, 'state_getRuntimeVersion', 'result', version);
        const runtime =
          this.#runtimes.find(version.specVersion) ?? (await this.#runtimes.load(connection, version, state, ask));
        const bytes = eventBytes(connection, block, value);
        const decode = async () => await decodeMarketEvents(runtime, bytes);
        const events = await this.#decodedBy(runtime, connection, block, decode);
        return { block, specVersion: version.specVersion, events };
      });
    });
  }

  /**
   * Memos and touched orders from the blocks' extrinsics; asks nothing when no event has any. An extrinsic over which the decoding process is lost at every
   * end point, and once more, has none: anybody may write such a one, and hints are not worth standing still before its block.
   */
  async readHints(blocks: readonly BlockEvents[], ask: Ask): Promise<Answer<readonly BlockHints[]>> {
    try {
      return await this.#readHints(blocks, ask, { takesLosses: false });
    } catch (error) {
      if (!isLostOverExtrinsic(error)) throw error;
      return await this.#readHints(blocks, ask, { takesLosses: true });
    }
  }

  async #readHints(
    blocks: readonly BlockEvents[],
    ask: Ask,
    losses: { readonly takesLosses: boolean },
  ): Promise<Answer<readonly BlockHints[]>> {
    const wanted = blocks.filter(({ events }) => events.some(wantsHints));
    if (wanted.length === 0) return { value: blocks.map(({ events }) => noHints(events)), endPoint: '' };
    const method = 'chain_getBlock';
    return this.#endPoints.ask(ask, async (connection) => {
      const calls = wanted.map(({ block }) => ({ method, params: [block.hash], at: block }));
      const outcomes = await connection.requestBatchAt(calls, ask);
      const bodies = new Map(wanted.map((block, index) => [block, outcomes[index]]));
      return leading(blocks.length, async (index) => {
        const told = blocks[index];
        if (told === undefined || !bodies.has(told)) return noHints(told?.events ?? []);
        const { block, events } = told;
        const extrinsics = bodyOf(connection.name, block, resultOf(connection, method, bodies.get(told)));
        const runtime = await this.#runtimeOf(connection, told, ask);
        const onOpaque = (extrinsicIndex: number, error: Error): void => {
          const level = isLostOverExtrinsic(error) ? 'warn' : 'debug';
          const detail = error.message;
          this.#logger[level]('An extrinsic cannot be decoded', { block: block.number, extrinsicIndex, detail });
        };
        const decode = async () => await decodeHints(runtime, events, extrinsics, onOpaque, losses);
        return await this.#decodedBy(runtime, connection, block, decode);
      });
    });
  }

  /** What `FilesV2` says of orders after each block of a window. */
  async readOrders(
    blocks: readonly OrdersAfter[],
    view: GroupView,
    ask: Ask,
  ): Promise<Answer<readonly (readonly OrderRead[])[]>> {
    if (blocks.every(({ keys }) => keys.length === 0)) return { value: blocks.map(() => []), endPoint: '' };
    return this.#endPoints.ask(ask, async (connection) => readOrdersAfter(connection, blocks, view, ask));
  }

  async #decodedBy<T>(
    runtime: Runtime,
    { name }: ChainConnection,
    block: BlockRef,
    decode: () => Promise<T>,
  ): Promise<T> {
    try {
      return await decodedLater(name, block, decode);
    } catch (error) {
      if (hasCode(error, 'CHAIN_UNDECODABLE', 'DECODER_LOST')) this.#runtimes.forget(runtime.specVersion);
      throw error;
    }
  }

  /** Of a block whose events were read with it: rarely one that many upgrades have crowded out since. */
  async #runtimeOf(connection: ChainConnection, { block, specVersion }: BlockEvents, ask: Ask): Promise<Runtime> {
    const known = this.#runtimes.find(specVersion);
    if (known !== undefined) return known;
    const parent = await blockAt(connection, Math.max(0, block.number - 1), ask);
    const [version = { specName: '', specVersion }] = await this.#versions.of(connection, [parent], ask);
    return this.#runtimes.load(connection, version, parent, ask);
  }
}

function resultOf({ name }: ChainConnection, method: string, outcome: RpcOutcome | undefined): unknown {
  if (outcome === undefined) throw badAnswer(name, method, 'result', outcome);
  if ('error' in outcome) throw outcome.error;
  return outcome.result;
}

function eventBytes({ name }: ChainConnection, block: BlockRef, result: unknown): Uint8Array {
  const [value = null, number = null] = valuesOf(name, eventKeys, block, result);
  decodedAt(name, block, () => assertStateOf(block, number, name));
  // Every block but the first has events, those of its own inherents.
  if (value === null && block.number === 0) return Uint8Array.of(0);
  const bytes = value === null ? undefined : hexBytes(value);
  if (bytes === undefined) throw badAnswer(name, QUERY_STORAGE_AT, 'System.Events', value);
  return bytes;
}
