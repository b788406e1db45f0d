import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { runtimeVersion } from '../../../devnet/chain/runtime-version.ts';
import type { AnswerText } from './answer-text.ts';
import type { BenchNode } from './bench-node.ts';
import type { BenchWorld } from './bench-world.ts';
import { StorageAnswers } from './storage-answers.ts';

const MAX_KEYS = 1000;
const SPEC_VERSION = 25;

export interface RpcRequest {
  readonly id: number;
  readonly method: string;
  readonly params?: readonly unknown[];
}

class Refusal extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Answers one request after the other, as a node of the Substrate family words them. */
export class RpcAnswers {
  readonly #world: BenchWorld;
  readonly #node: BenchNode;
  readonly #storage: StorageAnswers;

  constructor(world: BenchWorld, node: BenchNode) {
    this.#world = world;
    this.#node = node;
    this.#storage = new StorageAnswers(world, (key, block) => node.value(key, block));
  }

  write(out: AnswerText, { id, method, params = [] }: RpcRequest): void {
    const start = out.length;
    try {
      out.add('{"jsonrpc":"2.0","result":');
      this.#writeResult(out, method, params);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      out.wroteTo(start);
      out.add(`{"jsonrpc":"2.0","error":${JSON.stringify({ code: error.code, message: error.message })}`);
    }
    out.add(`,"id":${id}}`);
  }

  #writeResult(out: AnswerText, method: string, params: readonly unknown[]): void {
    switch (method) {
      case 'state_queryStorageAt': {
        const block = this.#block(params[1]);
        out.add(`[{"block":"${this.#node.hashOf(block)}","changes":`);
        this.#storage.writeChanges(out, params[0] as string[], block);
        return out.add('}]');
      }
      case 'state_getKeysPaged':
        return this.#writeKeys(out, params);
      case 'state_getStorage':
        return this.#storage.writeValue(out, params[0] as string, this.#block(params[1]));
      default:
        return out.add(JSON.stringify(this.#small(method, params)));
    }
  }

  #writeKeys(out: AnswerText, params: readonly unknown[]): void {
    const [prefix, limit, after] = params as [string, number, string | null | undefined];
    if (limit > MAX_KEYS) throw new Refusal(4002, `count exceeds maximum value. value: ${limit}, max: ${MAX_KEYS}`);
    const block = this.#block(params[3]);
    if (!prefix.startsWith(storagePrefixes.marketFilesV2))
      return out.add(JSON.stringify(this.#node.keys(prefix, after ?? null, limit)));
    this.#storage.writeKeys(out, prefix, after ?? null, limit, this.#world.dayOf(block));
  }

  #small(method: string, params: readonly unknown[]): unknown {
    const node = this.#node;
    switch (method) {
      case 'chain_getBlockHash': {
        const asked = (params[0] ?? node.finalized) as number | number[];
        return Array.isArray(asked) ? asked.map((number) => node.hashOf(number)) : node.hashOf(asked);
      }
      case 'chain_getFinalizedHead':
        return node.hashOf(node.finalized);
      case 'chain_getHeader':
        return node.header(this.#block(params[0]));
      case 'chain_getBlock': {
        const block = this.#block(params[0]);
        return { block: { header: node.header(block), extrinsics: node.extrinsics(block) }, justification: null };
      }
      case 'state_getRuntimeVersion':
        return runtimeVersion(SPEC_VERSION);
      case 'state_getMetadata':
        return metadataHex(SPEC_VERSION);
      case 'system_health':
        return { isSyncing: false, peers: 8, shouldHavePeers: true };
      case 'system_chain':
        return 'Bench';
      case 'system_properties':
        return { ss58Format: 66, tokenDecimals: 12, tokenSymbol: 'CRU' };
      default:
        throw new Refusal(-32601, 'Method not found');
    }
  }

  #block(hash: unknown): number {
    if (hash === undefined || hash === null) return this.#node.finalized;
    const block = typeof hash === 'string' ? this.#node.blockOf(hash) : undefined;
    if (block === undefined)
      throw new Refusal(4003, `Client error: UnknownBlock: Header was not found: ${JSON.stringify(hash)}`);
    return block;
  }
}
