import { rawResultOf } from '../../../src/clients/chain/messages/raw-message.ts';
import type { RawResult } from '../../../src/clients/chain/messages/raw-message.ts';
import type {
  ChainEndPoint,
  ChainTransport,
  RpcCall,
  RpcOutcome,
  SubscriptionHandlers,
} from '../../../src/clients/chain/connection/transport.ts';
import { hasCode } from '../../../src/domain/errors.ts';
import { rpcFailure, unreachable } from '../../../src/clients/chain/connection/transport.ts';
import { ChainClient } from '../../../src/clients/chain/chain-client.ts';
import type { DecodingLibrary } from '../../../src/clients/chain/events/library/decoding-library.ts';
import { PolkadotLibrary } from '../../../src/clients/chain/events/library/polkadot-library.ts';
import type { ChainLimits } from '../../../src/clients/chain/connection/limits.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import type { Ask, BlockRef } from '../../../src/clients/chain/ask.ts';
import type { Logger } from '../../../src/runtime/log.ts';
import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { ManualClock } from '../../support/manual-clock.ts';

export type Fault = (method: string, params: readonly unknown[]) => unknown;

/** Says that a fault function wants the true answer. */
export const honest = Symbol('honest');

interface StubBlock {
  readonly specVersion: 22 | 25;
  readonly state: Map<string, string>;
  extrinsics: string[];
}

export const quietLogger: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  child: () => quietLogger,
};

/** A chain whose every byte a test decides, answering in process and faulty when told so. */
export class StubChain implements ChainTransport {
  readonly epoch = 1;
  readonly blocks: StubBlock[] = [];
  readonly asked: string[] = [];
  /** Calls of each batch message. */
  readonly batches: number[] = [];
  readonly name: string;
  readonly #salt: string;
  finalizedNumber = 0;
  prunedBelow = 0;
  isSyncing = false;
  fault: Fault = () => honest;
  #handlers: SubscriptionHandlers | undefined;

  constructor(name = 'ws://stub', salt = 'aa') {
    this.name = name;
    this.#salt = salt;
    this.add(25);
  }

  get endPoint(): ChainEndPoint {
    return { name: this.name, transport: this };
  }

  get subscribed(): boolean {
    return this.#handlers !== undefined;
  }

  /** Adds a finalized block whose state has the runtime `specVersion`. */
  add(specVersion: 22 | 25, state: Record<string, string> = {}, extrinsics: string[] = []): BlockRef {
    const number = u32Hex(this.blocks.length);
    const values = Object.entries({ [storagePrefixes.systemNumber]: number, ...state });
    this.blocks.push({ specVersion, state: new Map(values), extrinsics });
    this.finalizedNumber = this.blocks.length - 1;
    return this.at(this.finalizedNumber);
  }

  at(number: number): BlockRef {
    return { number, hash: `0x${this.#salt.repeat(28)}${number.toString(16).padStart(8, '0')}` };
  }

  client(
    parts: {
      others?: readonly StubChain[];
      limits?: Partial<ChainLimits>;
      genesisHash?: string;
      library?: DecodingLibrary;
      logger?: Logger;
    } = {},
  ): {
    client: ChainClient;
    clock: ManualClock;
  } {
    const clock = new ManualClock();
    const endPoints = [this, ...(parts.others ?? [])].map((chain) => chain.endPoint);
    const { limits, genesisHash = null, library = new PolkadotLibrary(), logger = quietLogger } = parts;
    return {
      client: new ChainClient({
        endPoints,
        genesisHash,
        clock,
        logger,
        limits,
        library,
      }),
      clock,
    };
  }

  announce(number: number): void {
    this.#handlers?.onItem(this.#header(number));
  }

  lose(): void {
    this.#handlers?.onLost(unreachable(this.name, 'dropped'));
  }

  async send(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    this.asked.push(method);
    const answer = await this.fault(method, params);
    if (answer instanceof Error) throw answer;
    return answer === honest ? this.#answer(method, params) : answer;
  }

  async sendRaw<T>(
    method: string,
    params: readonly unknown[],
    signal: AbortSignal,
    read: (result: RawResult) => T,
  ): Promise<T> {
    return read(rawResultOf(await this.send(method, params, signal), this.name, method));
  }

  /** A fault of the method `batch` is one of the whole message. */
  async sendBatch(calls: readonly RpcCall[], signal: AbortSignal): Promise<readonly RpcOutcome[]> {
    this.batches.push(calls.length);
    const fault = await this.fault('batch', calls);
    if (fault instanceof Error) throw fault;
    return Promise.all(
      calls.map(async ({ method, params }): Promise<RpcOutcome> => {
        try {
          return { result: await this.send(method, params, signal) };
        } catch (error) {
          if (hasCode(error, 'CHAIN_RPC_ERROR', 'CHAIN_BAD_ANSWER')) return { error };
          throw error;
        }
      }),
    );
  }

  async subscribe(
    subscription: { readonly method: string },
    handlers: SubscriptionHandlers,
    signal: AbortSignal,
  ): Promise<() => void> {
    signal.throwIfAborted();
    const answer = await this.fault(subscription.method, []);
    if (answer instanceof Error) throw answer;
    this.#handlers = handlers;
    this.announce(this.finalizedNumber);
    return () => (this.#handlers = undefined);
  }

  reset(): void {
    this.lose();
  }

  async close(): Promise<void> {
    this.#handlers = undefined;
  }

  #header(number: number): unknown {
    return {
      number: `0x${number.toString(16)}`,
      parentHash: this.at(Math.max(0, number - 1)).hash,
      digest: { logs: [] },
    };
  }

  #block(method: string, hash: unknown): { number: number; block: StubBlock } {
    const number = this.blocks.findIndex((_, index) => this.at(index).hash === hash);
    const block = this.blocks[number];
    if (block !== undefined && number >= this.prunedBelow) return { number, block };
    const data = block === undefined ? 'UnknownBlock: Header was not found in the database' : 'State already discarded';
    throw rpcFailure(this.name, method, { code: 4003, message: 'Client error', data });
  }

  #answer(method: string, params: readonly unknown[]): unknown {
    const [first, second, third, fourth] = params;
    switch (method) {
      case 'chain_getBlockHash':
        return Array.isArray(first) ? first.map((number: number) => this.#hashOf(number)) : this.#hashOf(Number(first));
      case 'chain_getFinalizedHead':
        return this.at(this.finalizedNumber).hash;
      case 'chain_getHeader':
        return this.#header(this.blocks.findIndex((_, index) => this.at(index).hash === first));
      case 'chain_getBlock': {
        const { number, block } = this.#block(method, first);
        return { block: { header: this.#header(number), extrinsics: block.extrinsics }, justification: null };
      }
      case 'system_health':
        return { isSyncing: this.isSyncing, peers: 3, shouldHavePeers: true };
      case 'state_getRuntimeVersion':
        return { specName: 'crust', specVersion: this.#block(method, first).block.specVersion, apis: [] };
      case 'state_getMetadata':
        return metadataHex(this.#block(method, first).block.specVersion);
      case 'state_getStorage': {
        const at = second === undefined ? this.at(this.blocks.length - 1).hash : second;
        return this.#block(method, at).block.state.get(String(first)) ?? null;
      }
      case 'state_queryStorageAt': {
        const { state } = this.#block(method, second).block;
        const keys = new Set(Array.isArray(first) ? first.map(String) : []);
        return [{ block: second, changes: [...keys].map((key) => [key, state.get(key) ?? null]) }];
      }
      case 'state_getKeysPaged': {
        const { state } = this.#block(method, fourth).block;
        const after = typeof third === 'string' ? third : '';
        const keys = [...state.keys()].filter((key) => key.startsWith(String(first)) && key > after).sort();
        return keys.slice(0, Number(second));
      }
      default:
        throw rpcFailure(this.name, method, { code: -32601, message: 'Method not found' });
    }
  }

  #hashOf(number: number): string | null {
    return number < this.blocks.length ? this.at(number).hash : null;
  }
}

export function ask(): Ask {
  return { signal: new AbortController().signal };
}

/** `Timestamp.Now` as storage has it. */
export function timestampState(timestampMs: number): Record<string, string> {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(timestampMs));
  return { [storagePrefixes.timestampNow]: `0x${bytes.toString('hex')}` };
}

/** As storage has it. */
export function u32Hex(number: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return `0x${bytes.toString('hex')}`;
}
