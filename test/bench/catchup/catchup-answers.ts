import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { runtimeVersion } from '../../../devnet/chain/runtime-version.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import type { AnswerText } from '../chain/answer-text.ts';
import type { RpcRequest } from '../chain/rpc-answers.ts';
import { extrinsicsOf } from './block-body.ts';
import { eventsOf } from './block-events.ts';
import { type ChainShape, newSpec, oldSpec } from './block-mix.ts';
import { OrderValues } from './order-values.ts';
import { u32 } from './scale-hex.ts';

const hashStart = `0x${'ca7c'.repeat(14)}`;

/** A chain node's answers about blocks that are made as they are asked for. */
export class CatchupAnswers {
  readonly #shape: ChainShape;
  readonly #values: OrderValues;
  readonly finalized: number;

  constructor(shape: ChainShape) {
    this.#shape = shape;
    this.#values = new OrderValues(shape);
    this.finalized = shape.firstBlock + shape.blocks - 1;
  }

  header(block: number): object {
    const zeros = `0x${'00'.repeat(32)}`;
    const parentHash = this.#hashOf(Math.max(0, block - 1));
    return {
      parentHash,
      number: `0x${block.toString(16)}`,
      stateRoot: zeros,
      extrinsicsRoot: zeros,
      digest: { logs: [] },
    };
  }

  write(out: AnswerText, { id, method, params = [] }: RpcRequest): void {
    // What is large is hex and needs no escaping.
    const [keys, hash] = params;
    if (method === 'state_getStorage' && keys === storagePrefixes.systemEvents) {
      const { value } = eventsOf(this.#shape, this.#blockOf(hash));
      return out.add(`{"jsonrpc":"2.0","result":"${value}","id":${id}}`);
    }
    if (method === 'state_queryStorageAt' && Array.isArray(keys) && keys[0] === storagePrefixes.systemEvents) {
      const block = this.#blockOf(hash);
      const { value } = eventsOf(this.#shape, block);
      const changes = `["${keys[0]}","${value}"],["${storagePrefixes.systemNumber}","0x${u32(block)}"]`;
      return out.add(`{"jsonrpc":"2.0","result":[{"block":"${String(hash)}","changes":[${changes}]}],"id":${id}}`);
    }
    const result = this.#result(method, params);
    const said =
      result === undefined ? { error: { code: -32601, message: `Method not found: ${method}` } } : { result };
    out.add(JSON.stringify({ jsonrpc: '2.0', ...said, id }));
  }

  #result(method: string, params: readonly unknown[]): unknown {
    const [first, second] = params;
    switch (method) {
      case 'chain_getBlockHash':
        return Array.isArray(first) ? first.map((block: number) => this.#hashOf(block)) : this.#hashOf(Number(first));
      case 'chain_getFinalizedHead':
        return this.#hashOf(this.finalized);
      case 'chain_getHeader':
        return this.header(this.#blockOf(first));
      case 'chain_getBlock': {
        const block = this.#blockOf(first);
        const extrinsics = extrinsicsOf(this.#shape, block);
        return { block: { header: this.header(block), extrinsics }, justification: null };
      }
      case 'state_getRuntimeVersion':
        return runtimeVersion(this.#specAt(this.#blockOf(first)));
      case 'state_getMetadata':
        return metadataHex(this.#specAt(this.#blockOf(first)));
      case 'state_queryStorageAt': {
        const block = this.#blockOf(second);
        const changes = (first as string[]).map((key) => [
          key,
          key === storagePrefixes.systemNumber ? `0x${u32(block)}` : this.#values.at(key, block),
        ]);
        return [{ block: second, changes }];
      }
      case 'system_health':
        return { isSyncing: false, peers: 8, shouldHavePeers: true };
      default:
        return undefined;
    }
  }

  /** The runtime in the state of a block: it executes the next one. */
  #specAt(block: number): typeof oldSpec | typeof newSpec {
    return block < this.#shape.upgradeBlock ? oldSpec : newSpec;
  }

  #hashOf(block: number): string | null {
    return block > this.finalized ? null : `${hashStart}${block.toString(16).padStart(8, '0')}`;
  }

  #blockOf(hash: unknown): number {
    return Number.parseInt(String(hash).slice(hashStart.length), 16);
  }
}
