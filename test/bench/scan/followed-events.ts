import { once } from 'node:events';
import { WebSocket } from 'ws';
import { EventIndexerTask } from '../../../src/chain/events/event-indexer-task.ts';
import { BLOCK_MS } from '../../../src/domain/units.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import { benchGroupFacts, FIRST_BLOCK } from '../chain/bench-world.ts';
import type { Meanwhile } from './measured.ts';
import type { WalkerParts } from './walker.ts';

/** The library's process has told of the runtime by then. */
const FOLLOWED_BEFORE = 3;

type Followed = Omit<Meanwhile, 'waits'>;

/**
 * The product's own event indexer over the walk's client and database, on a chain whose blocks come faster than 6 s; its pauses are as much shorter.
 * Heads are heard of on a socket of their own.
 */
export class FollowedEvents {
  readonly #parts: WalkerParts;
  readonly #firstBlock: number;
  readonly #heads: WebSocket;
  readonly #control = new AbortController();
  readonly #running: Promise<void>;
  readonly #behind: Promise<number>[] = [];
  #isCounting = false;
  #followed = 0;
  #onFollowed: (() => void) | undefined;

  private constructor(parts: WalkerParts, url: string, blockMs: number, firstBlock: number) {
    this.#parts = parts;
    this.#firstBlock = firstBlock;
    this.#heads = new WebSocket(url);
    this.#running = new EventIndexerTask({ ...parts, clock: hurried(parts.clock, blockMs) }).run(this.#control.signal);
  }

  /** Resolves once it follows the newest blocks. */
  static async begin(parts: WalkerParts, url: string, blockMs: number): Promise<FollowedEvents> {
    const { value: head } = await parts.chain.blocks.finalizedHead({ signal: new AbortController().signal });
    await parts.database.write('event', async (tx) => {
      await parts.facts.set(tx, 'group', benchGroupFacts(head.number, Date.now()));
      await parts.facts.set(tx, 'event-cursor', { block: head.number });
    });
    const events = new FollowedEvents(parts, url, blockMs, head.number + 1);
    await once(events.#heads, 'open');
    events.#heads.on('message', (data: Buffer) => events.#hear(JSON.parse(data.toString())));
    events.#heads.send(JSON.stringify({ id: 1, method: 'chain_subscribeFinalizedHeads', params: [] }));
    await new Promise<void>((resolve) => (events.#onFollowed = resolve));
    return events;
  }

  /** From now on each head is counted. */
  count(): void {
    this.#isCounting = true;
  }

  async stop(): Promise<Followed> {
    const blocksBehind = await Promise.all(this.#behind);
    this.#heads.terminate();
    this.#control.abort();
    await this.#running;
    const { database } = this.#parts;
    const [{ orders } = { orders: 0 }]: { orders: number }[] = await database.read(
      async (reader) =>
        await reader.raw('SELECT COUNT(*) AS orders FROM file_record WHERE success_block > ?', [FIRST_BLOCK]),
    );
    return { blocksBehind, firstBlock: this.#firstBlock, cursor: await this.#cursor(), ordersOfEvents: orders };
  }

  #hear({ params }: { readonly params?: { readonly result: { readonly number: string } } }): void {
    if (params === undefined) return;
    // Behind is furthest who has just heard of a new head.
    const behind = this.#behindOf(Number.parseInt(params.result.number, 16));
    if (this.#isCounting) this.#behind.push(behind);
  }

  async #behindOf(head: number): Promise<number> {
    const behind = head - (await this.#cursor());
    this.#followed = behind <= 1 ? this.#followed + 1 : 0;
    if (this.#followed === FOLLOWED_BEFORE) this.#onFollowed?.();
    return behind;
  }

  async #cursor(): Promise<number> {
    return (await this.#parts.facts.find('event-cursor'))?.block ?? 0;
  }
}

function hurried(clock: Clock, blockMs: number): Clock {
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    sleep: async (ms, signal) => await clock.sleep((ms * blockMs) / BLOCK_MS, signal),
  };
}
