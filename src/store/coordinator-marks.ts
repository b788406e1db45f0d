import type { Database, Tx } from './database.ts';

/**
 * What the seal coordinator was told and not yet untold. `wished`: asked, not settled; `held`: granted to a running pull;
 * `releasing`: a DELETE is owed until it was answered.
 */
export class CoordinatorMarks {
  readonly #database: Database;
  /** Only a process that has a coordinator wishes, and wishes of an earlier process are released before its first pull. */
  #hasWished = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Stored before the POST, so that a crash between the two leaves a trace. */
  async wish(cid: string, nowMs: number): Promise<void> {
    this.#hasWished = true;
    await this.#database.write('claim', async (tx) => {
      await tx('coordinator_mark').insert({ cid, status: 'wished', since_ms: nowMs }).onConflict('cid').merge();
    });
  }

  /** Settles wishes by their claims, in the claims' transaction. */
  async hold(tx: Tx, cids: readonly string[]): Promise<void> {
    if (!this.#hasWished) return;
    await tx.raw(
      "UPDATE coordinator_mark SET status = 'held' WHERE cid IN (SELECT value FROM json_each(?)) AND status = 'wished'",
      [JSON.stringify(cids)],
    );
  }

  /** The grants were used: nothing is owed. */
  async forget(tx: Tx, cids: readonly string[]): Promise<void> {
    if (cids.length === 0) return;
    await tx.raw('DELETE FROM coordinator_mark WHERE cid IN (SELECT value FROM json_each(?))', [JSON.stringify(cids)]);
  }

  /** Owes a DELETE for a CID that stands here; nothing happens for one that was never wished. */
  async release(tx: Tx, cid: string, nowMs: number): Promise<void> {
    await tx('coordinator_mark').where({ cid }).whereNot({ status: 'releasing' }).update({
      status: 'releasing',
      since_ms: nowMs,
    });
  }

  /** Owes a DELETE for a wish that was not settled by a claim. */
  async releaseWish(cid: string, nowMs: number): Promise<void> {
    await this.#database.write('claim', async (tx) => {
      await tx('coordinator_mark').where({ cid, status: 'wished' }).update({ status: 'releasing', since_ms: nowMs });
    });
  }

  /** At start no pull runs: whatever was wished or held is owed a DELETE. Returns how many. */
  async releaseAll(nowMs: number): Promise<number> {
    return await this.#database.write('claim', async (tx) =>
      tx('coordinator_mark').whereIn('status', ['wished', 'held']).update({ status: 'releasing', since_ms: nowMs }),
    );
  }

  async listReleasing(limit: number): Promise<readonly string[]> {
    return await this.#database.read(async (reader) => {
      const rows: { cid: string }[] = await reader('coordinator_mark')
        .where({ status: 'releasing' })
        .orderBy('cid')
        .limit(limit)
        .select('cid');
      return rows.map((row) => row.cid);
    });
  }

  async isReleasing(cid: string): Promise<boolean> {
    return await this.#database.read(async (reader) => {
      const row: { cid: string } | undefined = await reader('coordinator_mark')
        .where({ cid, status: 'releasing' })
        .first('cid');
      return row !== undefined;
    });
  }

  /** The DELETE was answered. A mark that was wished again meanwhile stays. */
  async released(cid: string): Promise<void> {
    await this.#database.write('claim', async (tx) => {
      await tx('coordinator_mark').where({ cid, status: 'releasing' }).delete();
    });
  }
}
