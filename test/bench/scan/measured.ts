import type { BenchChainOptions } from '../chain/bench-world.ts';
import type { PlainLimits } from './plain-reader.ts';

// What the processes of this bench are given and what they answer.

export interface BotInput {
  readonly dataDir: string;
  readonly url: string;
  /** Reads one order again and again meanwhile, and follows the chain's blocks, which come this often; null for the walk alone. */
  readonly meanwhile: { readonly blockMs: number } | null;
}

export interface BotOutput {
  readonly ms: number;
  /** Processor time of all its threads, ms. */
  readonly cpuMs: number;
  readonly orders: number;
  readonly meanwhile?: Meanwhile;
}

export interface Meanwhile {
  /** How long each urgent read took, ms. */
  readonly waits: readonly number[];
  /** How many blocks the event indexer was behind, at each head. */
  readonly blocksBehind: readonly number[];
  /** All blocks from here to the cursor were taken in, and they brought so many orders. */
  readonly firstBlock: number;
  readonly cursor: number;
  readonly ordersOfEvents: number;
}

export interface SocketInput extends PlainLimits {
  readonly url: string;
}

export interface SocketOutput {
  readonly ms: number;
  readonly cpuMs: number;
  readonly orders: number;
  readonly keys: number;
}

export interface StoreInput {
  readonly dataDir: string;
  readonly chain: BenchChainOptions;
  /** So many of them, in the chain's order. */
  readonly rows: number;
}

export interface StoreOutput {
  readonly ms: number;
  readonly rows: number;
}
