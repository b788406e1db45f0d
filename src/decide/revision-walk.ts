import chunk from 'lodash/chunk.js';
import type { DecidableOrder, StandingChange } from '../domain/decision.ts';
import type { Database } from '../store/database.ts';
import { listByDraw, listInRange } from '../store/decidable-orders.ts';
import type { Facts, Revision } from '../store/facts.ts';
import type { Ground } from './basis/basis-keeper.ts';
import type { Judge } from './judge.ts';
import { verdictsFrom } from './basis/revision-scope.ts';
import { isPickVerdict } from './standing.ts';

/** Rows looked at in one slice, and the most that one transaction writes: a claim waits for no more than that. */
const sliceRows = 750;
const transactionRows = 250;
/** A slice that changes nothing writes nothing; how far the revision got is still noted now and then. */
const slicesBetweenNotes = 20;

interface Slice {
  readonly orders: readonly DecidableOrder[];
  readonly next: Revision;
}

/** Brings a changed basis to the standing verdicts, slice by slice, from wherever the last process got to. */
export class RevisionWalk {
  readonly #database: Database;
  readonly #facts: Facts;
  readonly #judge: Pick<Judge, 'changes' | 'write'>;
  #standing: { readonly epoch: number; readonly revision: Revision } | undefined;
  #ahead: { readonly of: Revision; readonly slice: Slice } | undefined;
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

  /** Does one slice, and reads the one behind it meanwhile; false when nothing is left to bring. */
  async slice(ground: Ground): Promise<boolean> {
    const revision = await this.#of(ground);
    if (revision === undefined || revision.done) return false;
    const { orders, next } = this.#ahead?.of === revision ? this.#ahead.slice : await this.#read(revision);
    this.#ahead = undefined;
    const decidable = orders.filter((order) => !isPickVerdict(order.verdict));
    const changes = await this.#judge.changes(decidable, 'change', ground);
    const isWritten = await this.#writeAndReadOn(changes, next, ground);
    // A row that another room wrote meanwhile kept its old verdict: the slice is done once more.
    if (!isWritten) return true;
    this.#standing = { epoch: ground.epoch, revision: next };
    return !next.done;
  }

  /** Both have settled when it does. A row read ahead that is changed before its turn is not written, because its guard fails. */
  async #writeAndReadOn(changes: readonly StandingChange[], next: Revision, ground: Ground): Promise<boolean> {
    const [written, ahead] = await Promise.allSettled([
      this.#write(changes, next, ground),
      next.done ? undefined : this.#read(next),
    ]);
    if (written.status === 'rejected') throw written.reason;
    if (ahead.status === 'rejected') throw ahead.reason;
    if (ahead.value !== undefined) this.#ahead = { of: next, slice: ahead.value };
    return written.value;
  }

  async #write(changes: readonly StandingChange[], next: Revision, ground: Ground): Promise<boolean> {
    this.#slices += 1;
    const worthNoting = changes.length > 0 || next.done || this.#slices % slicesBetweenNotes === 0;
    if (!worthNoting) return true;
    const parts = changes.length === 0 ? [[]] : chunk(changes, transactionRows);
    for (const [at, part] of parts.entries()) {
      const isLast = at === parts.length - 1;
      const written = await this.#judge.write(part, ground, async (tx, rows) => {
        if (isLast && rows === part.length) await this.#facts.set(tx, 'revision', next);
      });
      if (written < part.length) return false;
    }
    return true;
  }

  async #of(ground: Ground): Promise<Revision | undefined> {
    if (this.#standing?.epoch === ground.epoch) return this.#standing.revision;
    const revision = await this.#facts.find('revision');
    if (revision?.basisId !== ground.basisId) return undefined;
    this.#standing = { epoch: ground.epoch, revision };
    return revision;
  }

  async #read(revision: Revision): Promise<Slice> {
    const { fromRule, afterId, throughId } = revision;
    if (fromRule !== null) {
      const range = { afterId, throughId: Math.min(afterId + sliceRows, throughId) };
      const verdicts = verdictsFrom(fromRule);
      const orders = await this.#database.read(async (reader) => await listInRange(reader, range, verdicts));
      const walked = range.throughId >= throughId;
      return { orders, next: settled({ ...revision, afterId: range.throughId, fromRule: walked ? null : fromRule }) };
    }
    const [interval, ...later] = revision.draws;
    if (interval === undefined) return { orders: [], next: settled(revision) };
    const [from, to] = interval;
    const range = { from, to, after: revision.afterDraw };
    const orders = await this.#database.read(async (reader) => await listByDraw(reader, range, sliceRows));
    const last = orders.length < sliceRows ? undefined : orders.at(-1);
    if (last === undefined || last.draw === null) {
      return { orders, next: settled({ ...revision, draws: later, afterDraw: null }) };
    }
    return { orders, next: { ...revision, afterDraw: { draw: last.draw, id: last.id } } };
  }
}

function settled(revision: Revision): Revision {
  return { ...revision, done: revision.fromRule === null && revision.draws.length === 0 };
}
