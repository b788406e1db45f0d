import type { Account } from '../../src/domain/account.ts';
import type { Answer, Ask, BlockRef } from '../../src/clients/chain/ask.ts';
import { chainOrderKey } from '../../src/clients/chain/keys/order-key.ts';
import type { BlockEvents, BlockHints, Chain, MarketEvent, PageKey } from '../../src/chain/ports.ts';
import { SmError } from '../../src/domain/errors.ts';
import type { GroupFacts } from '../../src/domain/facts.ts';
import type { OrderFigures, OrderKey, OrderRead } from '../../src/domain/order.ts';

export const groupOwner = 'cTOwner';
export const account: Account = { publicKeyHex: '11'.repeat(32), address: 'cTMember' };

export const plainFigures: OrderFigures = {
  sizeBytes: 1024,
  rewardPico: '1000',
  calculatedBlock: 0,
  expiryBlock: 0,
  replicas: 0,
  groupHold: 0,
  groupOwner,
};

/** A customer's text or bytes. */
type Content = string | Uint8Array;

interface Block {
  readonly events: MarketEvent[];
  readonly memos: (Uint8Array | null)[];
  readonly updated: PageKey[];
  specVersion: number;
}

interface Entry {
  readonly key: PageKey;
  readonly history: { readonly block: number; readonly figures: OrderFigures | undefined }[];
}

/** What a test does to orders inside one block. */
export class BlockWriter {
  readonly #world: ChainWorld;
  readonly #block: Block;
  readonly #number: number;

  constructor(world: ChainWorld, block: Block, number: number) {
    this.#world = world;
    this.#block = block;
    this.#number = number;
  }

  order(cid: Content, figures: Partial<OrderFigures> = {}, payer = 'cTPayer', memo: Content | null = ''): void {
    this.#emit({ kind: 'FileSuccess', key: chainOrderKey(cid), payer }, memo);
    this.set(cid, { calculatedBlock: this.#number, ...figures });
  }

  renew(cid: string, figures: Partial<OrderFigures> = {}): void {
    this.#emit({ kind: 'RenewFileSuccess', key: chainOrderKey(cid), payer: 'cTLiquidator' });
    this.set(cid, figures);
  }

  close(cid: string, kind: 'FileClosed' | 'IllegalFileClosed' | 'CalculateSuccess' = 'FileClosed'): void {
    this.#emit({ kind, key: chainOrderKey(cid), payer: null });
    this.drop(cid);
  }

  calculate(cid: string): void {
    this.#emit({ kind: 'CalculateSuccess', key: chainOrderKey(cid), payer: null });
  }

  updateReplicas(...cids: string[]): void {
    this.#emit({ kind: 'UpdateReplicasSuccess', key: null, payer: null });
    this.#block.updated.push(...cids.map((cid) => chainOrderKey(cid)));
  }

  /** Changes an entry without an event. */
  set(cid: Content, figures: Partial<OrderFigures>): void {
    const entry = this.#world.entry(cid);
    entry.history.push({
      block: this.#number,
      figures: { ...(entry.history.at(-1)?.figures ?? plainFigures), ...figures },
    });
  }

  /** Removes an entry without an event. */
  drop(cid: string): void {
    this.#world.entry(cid).history.push({ block: this.#number, figures: undefined });
  }

  spec(version: number): void {
    this.#block.specVersion = version;
  }

  #emit(event: MarketEvent, memo: Content | null = null): void {
    this.#block.events.push(event);
    this.#block.memos.push(memo === null ? null : Buffer.from(memo));
  }
}

/** A chain in memory whose every block can be read, as far as it has not been pruned. */
export class ChainWorld implements Chain {
  readonly #blocks: Block[] = [];
  readonly #entries = new Map<string, Entry>();
  /** A text may stand for bytes that it does not tell. */
  readonly #byText = new Map<string, Entry>();
  endPoint = 'one';
  syncing = false;
  /** Blocks below have lost their state. */
  prunedBelow = 0;
  group: Omit<GroupFacts, 'atBlock' | 'atMs'> = {
    owner: groupOwner,
    members: [account.address],
    ownIndex: 0,
    trouble: null,
  };
  activeNodes = 10;
  /** Called before every answer with the name of the call; throws what the test wants to fail. */
  before: (call: string, block: number | null, ask: Ask) => unknown = () => undefined;
  /** Replaces what `readOrders` answers. */
  readsOf: (reads: readonly OrderRead[], ask: Ask) => readonly OrderRead[] = (reads) => reads;
  readonly valuesRead: string[] = [];

  constructor(head = 100) {
    for (let number = 0; number <= head; number += 1) this.#blocks.push(emptyBlock(25));
  }

  get head(): number {
    return this.#blocks.length - 1;
  }

  block(write: (block: BlockWriter) => void = () => undefined): number {
    const block = emptyBlock(this.#blocks.at(-1)?.specVersion ?? 25);
    this.#blocks.push(block);
    write(new BlockWriter(this, block, this.head));
    return this.head;
  }

  mine(count: number): void {
    for (let index = 0; index < count; index += 1) this.block();
  }

  entry(cid: Content): Entry {
    const key = chainOrderKey(cid);
    const entry = this.#entries.get(key.storageKey) ?? { key, history: [] };
    this.#entries.set(key.storageKey, entry);
    this.#byText.set(key.text, entry);
    return entry;
  }

  read(cid: string, atBlock: number): OrderRead {
    return { key: chainOrderKey(cid), atBlock, figures: figuresAt(this.entry(cid), atBlock) };
  }

  #readKey(key: OrderKey, atBlock: number): OrderRead {
    const entry = this.#byText.get(key.text) ?? this.entry(key.text);
    return { key: entry.key, atBlock, figures: figuresAt(entry, atBlock) };
  }

  /** What it was told to doubt. */
  readonly doubted: string[] = [];

  readonly endPoints = {
    doubt: (endPoint: string): void => {
      this.doubted.push(endPoint);
    },
  };

  readonly blocks = {
    finalizedHead: async (ask: Ask) => this.#answer('finalizedHead', null, ask, () => this.#ref(this.head)),
    blockAt: async (number: number, ask: Ask) =>
      this.#answer('blockAt', null, ask, () => {
        if (number > this.head) throw new SmError('CHAIN_SYNCING', 'not finalized yet', { block: number });
        return this.#ref(number);
      }),
    blocksBetween: async (from: number, to: number, ask: Ask) =>
      this.#answer('blocksBetween', null, ask, () =>
        Array.from({ length: to - from + 1 }, (_, index) => this.#ref(from + index)),
      ),
    timestampMs: async (at: BlockRef, ask: Ask) => this.#answer('timestampMs', at, ask, () => at.number * 6000),
    specVersion: async (at: BlockRef, ask: Ask) =>
      this.#answer('specVersion', at, ask, () => this.#blocks[at.number]?.specVersion ?? 0),
    syncState: async (ask: Ask) =>
      this.#answer('syncState', null, ask, () => ({
        syncing: this.syncing,
        reason: this.syncing ? 'node-says-so' : null,
      })),
  };

  readonly orders = {
    keysPage: async (page: { at: BlockRef; afterStorageKey: string | null; limit: number }, ask: Ask) =>
      this.#answer('keysPage', page.at, ask, () =>
        [...this.#entries.values()]
          .filter((entry) => figuresAt(entry, page.at.number) !== undefined)
          .map((entry) => entry.key)
          .filter((key) => key.storageKey > (page.afterStorageKey ?? ''))
          .sort((a, b) => (a.storageKey < b.storageKey ? -1 : 1))
          .slice(0, page.limit),
      ),
    readOrders: async (keys: readonly OrderKey[], at: BlockRef, view: { owner: string | null }, ask: Ask) =>
      this.#answer('readOrders', at, ask, () => {
        this.valuesRead.push(...keys.map((key) => key.text));
        const reads = keys.map((key) => withOwner(this.#readKey(key, at.number), view.owner));
        return this.readsOf(reads, ask);
      }),
  };

  readonly events = {
    blockEvents: async (
      _parent: BlockRef,
      blocks: readonly BlockRef[],
      ask: Ask,
    ): Promise<Answer<readonly BlockEvents[]>> =>
      this.#leading(blocks, async (at) =>
        this.#answer('blockEvents', at, ask, () => {
          const block = this.#blocks[at.number] ?? emptyBlock(25);
          return { block: at, specVersion: block.specVersion, events: block.events };
        }),
      ),
    readHints: async (blocks: readonly BlockEvents[], ask: Ask): Promise<Answer<readonly BlockHints[]>> =>
      this.#leading(blocks, async ({ block: at, events }) => {
        const { memos, updated } = this.#blocks[at.number] ?? emptyBlock(25);
        const hints = { memos, updatedReplicas: updated };
        const isAsked = events.some(({ kind }) => kind === 'FileSuccess' || kind === 'UpdateReplicasSuccess');
        return isAsked ? this.#answer('readHints', at, ask, () => hints) : { value: hints, endPoint: this.endPoint };
      }),
    readOrders: async (
      blocks: readonly { readonly block: BlockRef; readonly keys: readonly PageKey[] }[],
      view: { owner: string | null },
      ask: Ask,
    ): Promise<Answer<readonly (readonly OrderRead[])[]>> =>
      this.#leading(blocks, async ({ block, keys }) =>
        keys.length === 0 ? { value: [], endPoint: this.endPoint } : this.orders.readOrders(keys, block, view, ask),
      ),
  };

  readonly facts = {
    readGroup: async (_: Account, at: BlockRef, ask: Ask) => this.#answer('readGroup', at, ask, () => this.group),
    countActiveNodes: async (at: BlockRef, ask: Ask) =>
      this.#answer('countActiveNodes', at, ask, () => this.activeNodes),
    countOrders: async (at: BlockRef, ask: Ask) =>
      this.#answer(
        'countOrders',
        at,
        ask,
        () => [...this.#entries.values()].filter((entry) => figuresAt(entry, at.number) !== undefined).length,
      ),
  };

  async #answer<T>(call: string, at: BlockRef | null, ask: Ask, answer: () => T): Promise<Answer<T>> {
    ask.signal.throwIfAborted();
    this.before(call, at?.number ?? null, ask);
    if (at !== null && at.number < this.prunedBelow)
      throw new SmError('CHAIN_STATE_PRUNED', 'State already discarded', { block: at.number });
    return { value: answer(), endPoint: this.endPoint };
  }

  /** As the client does: up to the first block that cannot be told, whose failure is told when it is the first. */
  async #leading<T, R>(blocks: readonly T[], tell: (block: T) => Promise<Answer<R>>): Promise<Answer<readonly R[]>> {
    const told: R[] = [];
    let { endPoint } = this;
    for (const block of blocks) {
      try {
        const answer = await tell(block);
        told.push(answer.value);
        endPoint = answer.endPoint;
      } catch (error) {
        if (told.length === 0) throw error;
        break;
      }
    }
    return { value: told, endPoint };
  }

  #ref(number: number): BlockRef {
    return { number, hash: `0x${number.toString(16).padStart(64, '0')}` };
  }
}

function emptyBlock(specVersion: number): Block {
  return { events: [], memos: [], updated: [], specVersion };
}

function figuresAt(entry: Entry, block: number): OrderFigures | undefined {
  return entry.history.findLast((state) => state.block <= block)?.figures;
}

function withOwner(read: OrderRead, owner: string | null): OrderRead {
  return read.figures === undefined ? read : { ...read, figures: { ...read.figures, groupOwner: owner } };
}
