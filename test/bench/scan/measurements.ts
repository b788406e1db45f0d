import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { defaultChainLimits } from '../../../src/clients/chain/connection/limits.ts';
import type { BenchChain } from '../chain/bench-chain.ts';
import type { BenchChainOptions } from '../chain/bench-world.ts';
import { botNodeOptions, type ChildResult, runChild } from '../harness/child.ts';
import type { BotInput, BotOutput, Meanwhile, SocketInput, SocketOutput, StoreInput, StoreOutput } from './measured.ts';
import { assertStored } from './stored-orders.ts';

export interface SocketRun {
  readonly ordersPerSecond: number;
  /** Processor time of one order, microseconds: what a busy machine cannot distort. */
  readonly cpuMicros: number;
}

export interface BotRun extends SocketRun {
  readonly rssMaxMiB: number;
  readonly meanwhile?: Meanwhile;
}

/** Single measurements against one chain, each in a process of its own; every one throws when it did not do its whole work. */
export class Measurements {
  readonly #chain: BenchChain;
  readonly #options: BenchChainOptions;
  readonly #signal: AbortSignal;

  constructor(chain: BenchChain, options: BenchChainOptions, signal: AbortSignal) {
    this.#chain = chain;
    this.#options = options;
    this.#signal = signal;
  }

  /** A first walk by the bot; looks afterwards whether every order is in the database. */
  async bot(meanwhile: BotInput['meanwhile'] = null): Promise<BotRun> {
    return await this.#inFolder(async (dataDir) => {
      const input: BotInput = { dataDir, url: this.#chain.url, meanwhile };
      const { output, rssMaxMiB } = await this.#run<BotOutput>('./bot-child.js', input, botNodeOptions);
      await assertStored(dataDir, this.#chain.world, 0);
      const { ms, cpuMs, orders } = output;
      if (orders !== this.#options.orders) throw new Error(`the walk counts ${orders} orders`);
      const rates = { ordersPerSecond: (orders * 1000) / ms, cpuMicros: (cpuMs * 1000) / orders, rssMaxMiB };
      return output.meanwhile === undefined ? rates : { ...rates, meanwhile: output.meanwhile };
    });
  }

  /** A plain socket over the first so many orders. */
  async socket(maxOrders: number): Promise<SocketRun> {
    const { maxRequestsInFlight, valuesPerRequest } = defaultChainLimits;
    const input: SocketInput = { url: this.#chain.url, maxRequestsInFlight, valuesPerRequest, maxOrders };
    const { output } = await this.#run<SocketOutput>('./socket-child.js', input);
    if (output.orders !== output.keys || output.orders < Math.min(maxOrders, this.#options.orders))
      throw new Error(`the socket alone read ${output.orders} values of ${output.keys} keys`);
    const { ms, cpuMs, orders } = output;
    return { ordersPerSecond: (orders * 1000) / ms, cpuMicros: (cpuMs * 1000) / orders };
  }

  /** Rows/s of the driver alone for the first so many orders. */
  async store(rows: number): Promise<number> {
    return await this.#inFolder(async (dataDir) => {
      const input: StoreInput = { dataDir, chain: this.#options, rows };
      const { output } = await this.#run<StoreOutput>('./store-child.js', input);
      if (output.rows !== rows) throw new Error(`the driver alone stored ${output.rows} of ${rows} rows`);
      return (rows * 1000) / output.ms;
    });
  }

  async #run<T>(module: string, input: unknown, nodeOptions: readonly string[] = []): Promise<ChildResult<T>> {
    return await runChild<T>(new URL(module, import.meta.url), input, this.#signal, nodeOptions);
  }

  async #inFolder<T>(work: (dataDir: string) => Promise<T>): Promise<T> {
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'smanager-bench-'));
    try {
      return await work(dataDir);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  }
}
