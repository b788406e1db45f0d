import { hasCode } from '../../domain/errors.ts';
import type { DecisionBasis } from '../../domain/strategy.ts';
import { SECOND_MS } from '../../domain/units.ts';
import type { LoopParts } from '../../runtime/loop.ts';
import type { Database } from '../../store/database.ts';
import { newestOrderId } from '../../store/decidable-orders.ts';
import type { DecisionBases } from '../../store/decision-bases.ts';
import type { Facts, Revision } from '../../store/facts.ts';
import { prepareLists, type PreparedLists } from './lists.ts';
import { usableFacts, type UsableFacts } from './missing.ts';
import { nodeCountInUse, type NodeCountInUse } from './node-count.ts';
import type { DecideSettings, OrderListSource } from '../ports.ts';
import { isEmptyScope, mergeScopes, revisionScope } from './revision-scope.ts';

/** What verdicts are given by at this moment. */
export interface Ground {
  /** Rises with every change of the basis in this process. */
  readonly epoch: number;
  readonly basisId: number;
  readonly basis: DecisionBasis;
  readonly lists: PreparedLists;
  readonly headBlock: number;
}

export interface BasisKeeperParts extends LoopParts {
  readonly database: Database;
  readonly facts: Facts;
  readonly bases: DecisionBases;
  readonly settings: DecideSettings;
  readonly lists: { readonly deny: OrderListSource; readonly allow: OrderListSource };
  /** True once what sWorker holds was compared with the tables. */
  readonly heldFilesKnown: () => boolean;
}

interface Adopted {
  readonly epoch: number;
  readonly basisId: number;
  readonly content: string;
}

/** Facts change by the minute: a ground so young needs no second look at them. */
const recentMs = 10 * SECOND_MS;

const listCondition = 'list-files';

/**
 * Holds the ground of all verdicts. A change of it is written together with the revision it asks for, and no write of a verdict that rests on
 * an older ground comes after it.
 */
export class BasisKeeper {
  readonly #parts: BasisKeeperParts;
  #lists: PreparedLists | undefined;
  #current: Adopted | undefined;
  #refreshing: Promise<Ground | string> | undefined;
  #newest: { readonly ground: Ground | string; readonly atMonotonicMs: number } | undefined;

  constructor(parts: BasisKeeperParts) {
    this.#parts = parts;
  }

  /** Asked inside a write: is this still the ground that verdicts rest on? */
  isCurrent(ground: Ground): boolean {
    return this.#current?.epoch === ground.epoch;
  }

  /** As `ground`, but one of the last seconds will do. */
  async recentGround(): Promise<Ground | string> {
    const newest = this.#newest;
    const recent = newest !== undefined && this.#parts.clock.monotonicMs() - newest.atMonotonicMs < recentMs;
    return recent ? newest.ground : await this.ground();
  }

  /** The present ground, or what stands in the way of deciding anything, said for a person. */
  async ground(): Promise<Ground | string> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return await this.#refreshing;
  }

  async #refresh(): Promise<Ground | string> {
    const ground = await this.#read();
    this.#newest = { ground, atMonotonicMs: this.#parts.clock.monotonicMs() };
    return ground;
  }

  async #read(): Promise<Ground | string> {
    const { facts, clock } = this.#parts;
    const found = await facts.findAll(['chain-time', 'group', 'active-nodes', 'node-count-in-use']);
    const usable = usableFacts({
      chainTime: found['chain-time'],
      group: found.group,
      activeNodes: found['active-nodes'],
      heldFilesKnown: this.#parts.heldFilesKnown(),
      nowMs: clock.nowMs(),
    });
    if (typeof usable === 'string') return usable;
    const lists = await this.#preparedLists();
    const standing = found['node-count-in-use'];
    const nodeCount = nodeCountInUse(standing, usable.activeNodes, usable.headBlock);
    const basis = this.#basis(usable, lists, nodeCount.count);
    const { epoch, basisId } = await this.#adopt(basis, nodeCount, nodeCount !== standing);
    return { epoch, basisId, basis, lists, headBlock: usable.headBlock };
  }

  async #preparedLists(): Promise<PreparedLists> {
    const { conditions, logger } = this.#parts;
    const standing = this.#lists;
    // What was refused stays refused, and its condition stands, until a file is another one.
    if (standing !== undefined && !(await this.#haveListsChanged())) return standing;
    try {
      this.#lists = await this.#loadedLists();
      conditions.clear(listCondition);
      return this.#lists;
    } catch (error) {
      // A list that was good at the start and is being edited now must neither end the process nor let a denied file through.
      if (standing === undefined || !hasCode(error, 'CONFIG_INVALID', 'CONFIG_UNREADABLE')) throw error;
      const message = `the lists of before stay in force: ${error.message}`;
      const isNew = conditions.raise(listCondition, { kind: 'wait', part: 'node', message, blocksReady: false });
      if (isNew) logger.warn('An allow or deny list cannot be read', error.data, error);
      return standing;
    }
  }

  async #haveListsChanged(): Promise<boolean> {
    const { deny, allow } = this.#parts.lists;
    return (await deny.changed()) || (await allow.changed());
  }

  /** Both anew: the one that was good while the other was refused is not in force yet. */
  async #loadedLists(): Promise<PreparedLists> {
    const { deny, allow } = this.#parts.lists;
    // The second also when the first is refused, as one that was not loaded counts as changed: both would be read with every refresh.
    const [denied, allowed] = await Promise.allSettled([deny.load(), allow.load()]);
    if (denied.status === 'rejected') throw denied.reason;
    if (allowed.status === 'rejected') throw allowed.reason;
    return prepareLists(denied.value, allowed.value);
  }

  #basis(usable: UsableFacts, lists: PreparedLists, nodeCount: number): DecisionBasis {
    const { settings } = this.#parts;
    return {
      accountHex: settings.accountHex.replace(/^0x/, ''),
      groupOwner: usable.groupOwner,
      members: usable.members,
      ownIndex: usable.ownIndex,
      nodeCount,
      limits: settings.limits,
      weights: settings.weights,
      denyList: lists.deny.fingerprint,
      allowList: lists.allow.fingerprint,
    };
  }

  async #adopt(basis: DecisionBasis, nodeCount: NodeCountInUse, nodeCountIsNew: boolean): Promise<Adopted> {
    const content = JSON.stringify(basis);
    const before = this.#current;
    if (before?.content === content && !nodeCountIsNew) return before;
    const { database, facts, bases, clock } = this.#parts;
    try {
      return await database.write('event', async (tx) => {
        const basisId = await bases.idOf(tx, basis, clock.nowMs());
        const standing = await facts.find('revision', tx);
        if (standing?.basisId !== basisId) {
          const old = standing === undefined ? undefined : await bases.find(standing.basisId, tx);
          await facts.set(tx, 'revision', planned(basisId, basis, standing, old, await newestOrderId(tx)));
        }
        if (nodeCountIsNew) await facts.set(tx, 'node-count-in-use', nodeCount);
        const epoch = before?.content === content ? before.epoch : (before?.epoch ?? 0) + 1;
        // Set before the commit: the writes that follow in the queue must not rest on the old basis any more.
        this.#current = { epoch, basisId, content };
        return this.#current;
      });
    } catch (error) {
      this.#current = before;
      throw error;
    }
  }
}

function planned(
  basisId: number,
  basis: DecisionBasis,
  standing: Revision | undefined,
  old: DecisionBasis | undefined,
  throughId: number,
): Revision {
  const changed = old === undefined ? { fromRule: null, draws: [] } : revisionScope(old, basis);
  const scope = standing === undefined || standing.done ? changed : mergeScopes(standing, changed);
  return { basisId, ...scope, done: isEmptyScope(scope), afterId: 0, throughId };
}
