import type { WebSocket } from 'ws';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';

const KEYS_A_PAGE = 1000;

export interface PlainLimits {
  readonly maxRequestsInFlight: number;
  readonly valuesPerRequest: number;
  /** Ends behind the page that reaches so many keys. */
  readonly maxOrders: number;
}

/**
 * Asks for all keys and values in requests of the bot's size, as many of them in flight, ahead of what it has so that it never waits for itself, and
 * does nothing with an answer but `JSON.parse` it.
 */
export class PlainReader {
  readonly #socket: WebSocket;
  readonly #limits: PlainLimits;
  readonly #pending = new Map<number, (result: unknown) => void>();
  readonly #toAsk: string[][] = [];
  #lastId = 0;
  #head: unknown;
  #after: string | null = null;
  #inFlight = 0;
  #isAskingKeys = false;
  #isEnd = false;
  #done: (() => void) | undefined;
  keys = 0;
  values = 0;

  constructor(socket: WebSocket, limits: PlainLimits) {
    this.#socket = socket;
    this.#limits = limits;
    socket.on('message', (data: Buffer) => {
      const { id, result } = JSON.parse(data.toString()) as { readonly id: number; readonly result: unknown };
      const onResult = this.#pending.get(id);
      this.#pending.delete(id);
      onResult?.(result);
    });
  }

  async readAll(): Promise<void> {
    this.#head = await new Promise((resolve) => this.#call('chain_getFinalizedHead', [], resolve));
    await new Promise<void>((resolve) => {
      this.#done = resolve;
      this.#goOn();
    });
  }

  #goOn(): void {
    while (this.#inFlight < this.#limits.maxRequestsInFlight && this.#askNext());
    if (this.#isEnd && this.#inFlight === 0) this.#done?.();
  }

  #askNext(): boolean {
    if (!this.#isEnd && !this.#isAskingKeys && this.#toAsk.length < this.#limits.maxRequestsInFlight) {
      this.#askKeys();
      return true;
    }
    const keys = this.#toAsk.shift();
    if (keys === undefined) return false;
    this.#askValues(keys);
    return true;
  }

  #askKeys(): void {
    this.#isAskingKeys = true;
    this.#inFlight += 1;
    const params = [storagePrefixes.marketFilesV2, KEYS_A_PAGE, this.#after, this.#head];
    this.#call('state_getKeysPaged', params, (result) => {
      const page = result as string[];
      const { valuesPerRequest, maxOrders } = this.#limits;
      this.#inFlight -= 1;
      this.#isAskingKeys = false;
      this.keys += page.length;
      this.#after = page.at(-1) ?? null;
      this.#isEnd = page.length === 0 || this.keys >= maxOrders;
      for (let from = 0; from < page.length; from += valuesPerRequest)
        this.#toAsk.push(page.slice(from, from + valuesPerRequest));
      this.#goOn();
    });
  }

  #askValues(keys: readonly string[]): void {
    this.#inFlight += 1;
    this.#call('state_queryStorageAt', [keys, this.#head], (result) => {
      const [set] = result as readonly { readonly changes: readonly (readonly [string, string | null])[] }[];
      this.#inFlight -= 1;
      this.values += set?.changes.filter(([, value]) => value !== null).length ?? 0;
      this.#goOn();
    });
  }

  #call(method: string, params: readonly unknown[], onResult: (result: unknown) => void): void {
    this.#lastId += 1;
    this.#pending.set(this.#lastId, onResult);
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id: this.#lastId, method, params }));
  }
}
