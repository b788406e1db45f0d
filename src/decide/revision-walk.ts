import type { StandingChange } from '../domain/decision.ts';
import type { Database } from '../store/database.ts';
import { listInRange } from '../store/decidable-orders.ts';
import type { Facts, Revision } from '../store/facts.ts';
import type { Ground } from './basis/basis-keeper.ts';
import type { Judge } from './judge.ts';
import { verdictsFrom } from './basis/revision-scope.ts';
import { isPickVerdict } from './standing.ts';

/** Orders decided in one slice. */
const sliceOrders = 1000;
/** So many rows are gone through for them at most: where a revision touches few, it shall not read long before it can be stopped. */
const sliceRows = 10_000;
/** A slice that changes nothing writes nothing; how far the revision got is still noted now and then. */
const slicesBetweenNotes = 20;

interface Slice {
  readonly revision: Revision;
  readonly ground: Ground;
  readonly changes: readonly StandingChange[];
  /** Where the revision stands when the changes are written. */
  readonly next: Revision;
}

/** Brings a changed basis to the standing verdicts, slice by slice, from wherever the last process got to. */
export class RevisionWalk {
  readonly #database: Database;
  readonly #facts: Facts;
  readonly #judge: Pick<Judge, 'changes' | 'write'>;
  #standing: { readonly epoch: number; readonly revision: Revision } | undefined;
  #ahead: Slice | undefined;
  #slices = 0;

  constructor(parts: {
    readonly database: Database;
    readonly facts: Facts;
    readonly judge: Pick<Judge, 'changes' | 'write'>;
  }) {
    this.#database = parts.database;
    this.#facts = parts.facts;
    this.#judge = parts.judge;
  }

  /** Writes one slice, and reads and decides the one behind it meanwhile; false when nothing is left to bring. */
  async slice(ground: Ground): Promise<boolean> {
    const revision = await this.#of(ground);
    if (revision === undefined || revision.done) return false;
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const isUsable = ahead !== undefined && ahead.revision === revision && ahead.ground === ground;
    const slice = isUsable ? ahead : await this.#decided(revision, ground);
    const isWritten = await this.#writeAndGoOn(slice);
    // A row that another room wrote meanwhile kept its old verdict: the slice is done once more.
    if (!isWritten) return true;
    this.#standing = { epoch: ground.epoch, revision: slice.next };
    return !slice.next.done;
  }

  /** Both have settled when it does. A row read ahead that is changed before its turn is not written, because its guard fails. */
  async #writeAndGoOn(slice: Slice): Promise<boolean> {
    const { next, ground } = slice;
    const [written, ahead] = await Promise.allSettled([
      this.#write(slice),
      next.done ? undefined : this.#decided(next, ground),
    ]);
    if (written.status === 'rejected') throw written.reason;
    if (ahead.status === 'rejected') throw ahead.reason;
    this.#ahead = ahead.value;
    return written.value;
  }

  async #write({ changes, next, ground }: Slice): Promise<boolean> {
    this.#slices += 1;
    const worthNoting = changes.length > 0 || next.done || this.#slices % slicesBetweenNotes === 0;
    if (!worthNoting) return true;
    const written = await this.#judge.write(changes, ground, async (tx) => await this.#facts.set(tx, 'revision', next));
    return written === changes.length;
  }

  async #of(ground: Ground): Promise<Revision | undefined> {
    if (this.#standing?.epoch === ground.epoch) return this.#standing.revision;
    const revision = await this.#facts.find('revision');
    if (revision?.basisId !== ground.basisId) return undefined;
    this.#standing = { epoch: ground.epoch, revision };
    return revision;
  }

  async #decided(revision: Revision, ground: Ground): Promise<Slice> {
    const { fromRule, draws, afterId, throughId } = revision;
    const range = { afterId, throughId: Math.min(afterId + sliceRows, throughId) };
    const revised = { verdicts: fromRule === null ? [] : verdictsFrom(fromRule), draws };
    const orders = await this.#database.read(async (reader) => await listInRange(reader, range, revised, sliceOrders));
    const last = orders.length < sliceOrders ? undefined : orders.at(-1);
    const reachedId = last?.id ?? range.throughId;
    const decidable = orders.filter((order) => !isPickVerdict(order.verdict));
    const changes = await this.#judge.changes(decidable, 'change', ground);
    return { revision, ground, changes, next: { ...revision, afterId: reachedId, done: reachedId >= throughId } };
  }
}
