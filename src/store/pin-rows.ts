import type { Database } from './database.ts';

/** The words of the partial index of held files: a query must repeat them or it walks the table. */
export const isHeld = "status IN ('sealed', 'lost')";

/** Counts and origins of pin records. */
export class PinRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async countRunning(): Promise<number> {
    return await this.#count("SELECT COUNT(*) AS n FROM pin_record WHERE status = 'running'");
  }

  /** Files this node holds, valid or lost. */
  async countHeld(): Promise<number> {
    return await this.#count(
      `SELECT COALESCE(SUM(records), 0) AS n FROM record_tally WHERE record = 'pin' AND ${isHeld}`,
    );
  }

  async countLost(): Promise<number> {
    return await this.#count(
      "SELECT COALESCE(SUM(records), 0) AS n FROM record_tally WHERE record = 'pin' AND status = 'lost'",
    );
  }

  /** The highest id there is, 0 without records. */
  async newestId(): Promise<number> {
    return await this.#count('SELECT COALESCE(MAX(id), 0) AS n FROM pin_record');
  }

  /** True when the IPFS pin of this CID was made by a pull of ours: it did not stand before. */
  async isOurPin(cid: string): Promise<boolean> {
    const row: { pinned_before: number } | undefined = await this.#database.read(
      async (reader) =>
        await reader('pin_record')
          .where({ cid, cause: 'pull' })
          .whereNotNull('pinned_before')
          .orderBy('id', 'desc')
          .first('pinned_before'),
    );
    return row?.pinned_before === 0;
  }

  async #count(sql: string): Promise<number> {
    const rows: { n: number }[] = await this.#database.read(async (reader) => await reader.raw(sql));
    return rows[0]?.n ?? 0;
  }
}
