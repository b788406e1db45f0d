import { createHash } from 'node:crypto';
import { base58btc } from 'multiformats/bases/base58';
import { onTestFinished } from 'vitest';
import { BasisKeeper } from '../../src/decide/basis/basis-keeper.ts';
import { DecideTask } from '../../src/decide/decide-task.ts';
import { Judge } from '../../src/decide/judge.ts';
import { LookTask } from '../../src/decide/look-task.ts';
import type { DecideSettings, OrderList, OrderListSource } from '../../src/decide/ports.ts';
import { RevisionWalk } from '../../src/decide/revision-walk.ts';
import type { ActiveNodes, GroupFacts } from '../../src/domain/facts.ts';
import type { Order, OrderFigures, OrderKey, OrderRead } from '../../src/domain/order.ts';
import { Conditions } from '../../src/runtime/conditions.ts';
import { Database } from '../../src/store/database.ts';
import { DecisionBases } from '../../src/store/decision-bases.ts';
import { Facts } from '../../src/store/facts.ts';
import { accountId, selectOrders, toOrder } from '../../src/store/order-row.ts';
import { ManualClock } from './manual-clock.ts';
import { RecordingLogger } from './quiet-logger.ts';
import { tempDir } from './temp-dir.ts';

export const headBlock = 10_000_000;
export const groupOwner = 'cTGroupOwner';
export const accountHex = 'ab'.repeat(32);

/** A CIDv0 made from a name. */
export function cidOf(name: string | number): string {
  const digest = createHash('sha256').update(String(name)).digest();
  return base58btc.encode(Uint8Array.from([0x12, 0x20, ...digest])).slice(1);
}

export const emptyList: OrderList = {
  cids: new Set(),
  owners: new Set(),
  memoPrefixes: [],
  fingerprint: 'empty',
  isEmpty: true,
};

export function listOf(entries: Partial<Pick<OrderList, 'cids' | 'owners' | 'memoPrefixes'>>): OrderList {
  const list = { ...emptyList, ...entries };
  const fingerprint = JSON.stringify([[...list.cids], [...list.owners], list.memoPrefixes]);
  return { ...list, fingerprint, isEmpty: false };
}

/** A list that a test changes by hand; like one of files, what was refused has not changed until it is another one. */
class ListInHand {
  #loaded: OrderList | Error | undefined;
  list: OrderList = emptyList;
  fails: Error | undefined;
  loads = 0;

  async load(): Promise<OrderList> {
    this.loads += 1;
    this.#loaded = this.fails ?? this.list;
    if (this.fails !== undefined) throw this.fails;
    return this.list;
  }

  async changed(): Promise<boolean> {
    return this.#loaded !== (this.fails ?? this.list);
  }
}

export interface DecideWorld {
  readonly database: Database;
  readonly facts: Facts;
  readonly clock: ManualClock;
  readonly conditions: Conditions;
  readonly logger: RecordingLogger;
  readonly deny: ListInHand;
  readonly allow: ListInHand;
  /** What the chain answers, by CID; null: it has no such order. An order not named is read as it stands in the table. */
  readonly chain: Map<string, Partial<OrderFigures> | null>;
  readonly asked: OrderKey[][];
  readonly gate: { heldFilesKnown: boolean; chainAway: Error | undefined };
  readonly bot: DecideBot;
  /** The same database under a fresh process with other settings or lists. */
  restarted(settings?: Partial<DecideSettings>, lists?: Lists): DecideBot;
  setHead(block: number): Promise<void>;
  setGroup(group: Partial<GroupFacts>): Promise<void>;
  setActiveNodes(nodes: Partial<ActiveNodes>): Promise<void>;
  add(row: RowInHand): Promise<number>;
  set(id: number, columns: Readonly<Record<string, string | number | null>>): Promise<void>;
  order(id: number): Promise<Order>;
  /** Rows written on the writing connection so far. */
  writes(): Promise<number>;
}

interface Lists {
  readonly deny: OrderListSource;
  readonly allow: OrderListSource;
}

interface DecideBot {
  readonly keeper: BasisKeeper;
  readonly judge: Judge;
  readonly task: DecideTask;
  readonly looks: LookTask;
}

type RowInHand = Readonly<Record<string, string | number | null>> & { readonly cid: string };

const defaultSettings: DecideSettings = {
  accountHex,
  limits: { minFileSizeBytes: 0, maxFileSizeBytes: 0, minReplicas: 0, maxReplicas: 0 },
  weights: { dbFilesWeight: 50, newFilesWeight: 50 },
};

/** A real database with fresh facts of a group of one on a chain so small that every dice succeeds, and the room on it. */
export async function decideWorld(settings: Partial<DecideSettings> = {}): Promise<DecideWorld> {
  const database = await Database.open(await tempDir());
  onTestFinished(async () => await database.close());
  const facts = new Facts(database);
  const clock = new ManualClock();
  const conditions = new Conditions(clock);
  const logger = new RecordingLogger();
  const deny = new ListInHand();
  const allow = new ListInHand();
  const chain = new Map<string, Partial<OrderFigures> | null>();
  const asked: OrderKey[][] = [];
  const gate: DecideWorld['gate'] = { heldFilesKnown: true, chainAway: undefined };
  let head = headBlock;
  let position = 0;

  const order = async (id: number): Promise<Order> =>
    await database.read(async (reader) => {
      const [row] = await selectOrders(reader).where('file_record.id', id);
      if (row === undefined) throw new Error(`no order ${id}`);
      return toOrder(row);
    });

  const readOrders = async (keys: readonly OrderKey[]): Promise<OrderRead[]> => {
    if (gate.chainAway !== undefined) throw gate.chainAway;
    asked.push([...keys]);
    return await Promise.all(
      keys.map(async (key): Promise<OrderRead> => {
        const figures = chain.get(key.text);
        if (figures === null) return { key, atBlock: head, figures: undefined };
        const [row] = await database.read(async (reader) => await selectOrders(reader).where({ cid: key.text }));
        if (row === undefined) throw new Error(`asked for an unknown order ${key.text}`);
        return { key, atBlock: head, figures: { ...toOrder(row), ...figures } };
      }),
    );
  };

  const ingestReads = async (reads: readonly OrderRead[]): Promise<void> => {
    await database.write('event', async (tx) => {
      for (const { key, atBlock, figures } of reads) {
        if (figures === undefined) continue;
        await tx('file_record').where({ cid: key.text }).update({
          read_block: atBlock,
          size_bytes: figures.sizeBytes,
          calculated_block: figures.calculatedBlock,
          expiry_block: figures.expiryBlock,
          replicas: figures.replicas,
          group_hold: figures.groupHold,
          revise: 1,
        });
      }
    });
  };

  const build = (own: Partial<DecideSettings>, lists: Lists = { deny, allow }): DecideBot => {
    const keeper = new BasisKeeper({
      database,
      facts,
      bases: new DecisionBases(database),
      clock,
      conditions,
      logger,
      settings: { ...defaultSettings, ...settings, ...own },
      lists,
      heldFilesKnown: () => gate.heldFilesKnown,
    });
    const judge = new Judge({ database, keeper, clock });
    const parts = { clock, conditions, logger, database, keeper, judge };
    return {
      keeper,
      judge,
      task: new DecideTask({ ...parts, revision: new RevisionWalk({ database, facts, judge }) }),
      looks: new LookTask({ ...parts, reading: { readOrders, ingestReads } }),
    };
  };

  const world: DecideWorld = {
    database,
    facts,
    clock,
    conditions,
    logger,
    deny,
    allow,
    chain,
    asked,
    gate,
    bot: build({}),
    restarted: (own = {}, lists) => build(own, lists),
    order,
    async setHead(block) {
      head = block;
      const atMs = clock.nowMs();
      const fact = { atBlock: block, atMs, blockTimestampMs: atMs, specVersion: 25 };
      await database.write('event', async (tx) => await facts.set(tx, 'chain-time', fact));
    },
    async setGroup(group) {
      const fact: GroupFacts = {
        atBlock: head,
        atMs: clock.nowMs(),
        owner: groupOwner,
        members: ['cTOne'],
        ownIndex: 0,
        trouble: null,
        ...group,
      };
      await database.write('event', async (tx) => await facts.set(tx, 'group', fact));
    },
    async setActiveNodes(nodes) {
      const fact = { atBlock: head, atMs: clock.nowMs(), count: 100, ...nodes };
      await database.write('event', async (tx) => await facts.set(tx, 'active-nodes', fact));
    },
    async add(row) {
      position += 1;
      const defaults = {
        key_position: position,
        seen: 1,
        size_bytes: 1000,
        reward_pico: '0'.repeat(39),
        calculated_block: headBlock - 100,
        expiry_block: 0,
        replicas: 0,
        group_hold: 0,
        success_block: null,
        read_block: headBlock - 50,
        created_block: headBlock - 100,
        class: 'new',
        status: 'new',
      };
      const { group_owner: owner, ...columns } = row;
      return await database.write('event', async (tx) => {
        const ownerId = typeof owner === 'string' ? await accountId(tx, owner) : null;
        const [id] = await tx('file_record').insert({ ...defaults, ...columns, group_owner_id: ownerId });
        if (id === undefined) throw new Error('no id');
        return id;
      });
    },
    async set(id, columns) {
      await database.write('event', async (tx) => {
        await tx('file_record').where({ id }).update(columns);
      });
    },
    async writes() {
      return await database.write('event', async (tx) => {
        const rows: { n: number }[] = await tx.raw('SELECT total_changes() AS n');
        return rows[0]?.n ?? 0;
      });
    },
  };
  await world.setHead(headBlock);
  await world.setGroup({});
  await world.setActiveNodes({});
  return world;
}

export const signal: AbortSignal = new AbortController().signal;
