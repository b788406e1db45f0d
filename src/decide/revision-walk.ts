import type { DecidableOrder, StandingChange } from '../domain/decision.ts';
import type { Database } from '../store/database.ts';
import { listByDraw, listInRange } from '../store/decidable-orders.ts';
import type { Facts, Revision } from '../store/facts.ts';
import type { Ground } from './basis/basis-keeper.ts';
import type { Judge } from './judge.ts';
import { verdictsFrom } from './basis/revision-scope.ts';
import { isPickVerdict } from './standing.ts';

/** Rows looked at in one slice: short enough that a claim never waits for it. */
const sliceRows = 500;
/** A slice that changes nothing writes nothing; how far the revision got is still noted now and then. */
const slicesBetweenNotes = 40;

/** Brings a changed basis to the standing verdicts, slice by slice, from wherever the last process got to. */
export class RevisionWalk {
  readonly #database: Database;
  readonly #facts: Facts;
  readonly #judge: Pick<Judge, 'changes' | 'write'>;
  #standing: { readonly epoch: number; readonly revision: Revision } | undefined;
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

  /** Does one slice; false when nothing is left to bring. */
  async slice(ground: Ground): Promise<boolean> {
    const revision = await this.#of(ground);
    if (revision === undefined || revision.done) return false;
    const { orders, next } = await this.#read(revision);
    const decidable = orders.filter((order) => !isPickVerdict(order.verdict));
    const changes = await this.#judge.changes(decidable, 'change', ground);
    this.#slices += 1;
    const worthNoting = changes.length > 0 || next.done || this.#slices % slicesBetweenNotes === 0;
    const written = worthNoting ? await this.#write(changes, next, ground) : 0;
    // A row that another room wrote meanwhile kept its old verdict: the slice is done once more.
    if (written < changes.length) return true;
    this.#standing = { epoch: ground.epoch, revision: next };
    return !next.done;
  }

  async #write(changes: readonly StandingChange[], next: Revision, ground: Ground): Promise<number> {
    return await this.#judge.write(changes, ground, async (tx, written) => {
      if (written === changes.length) await this.#facts.set(tx, 'revision', next);
    });
  }

  async #of(ground: Ground): Promise<Revision | undefined> {
    if (this.#standing?.epoch === ground.epoch) return this.#standing.revision;
    const revision = await this.#facts.find('revision');
    if (revision?.basisId !== ground.basisId) return undefined;
    this.#standing = { epoch: ground.epoch, revision };
    return revision;
  }

  async #read(revision: Revision): Promise<{ orders: readonly DecidableOrder[]; next: Revision }> {
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
