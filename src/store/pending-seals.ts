import type { Database } from './database.ts';

export interface PendingSeal {
  readonly cid: string;
  readonly sealedBytes: number;
}

/** sWorker's pending list held against the tables. */
export class PendingSeals {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Brings the sealed bytes of running pulls up to date; they never shrink. */
  async progress(seals: readonly PendingSeal[], nowMs: number): Promise<void> {
    if (seals.length === 0) return;
    await this.#database.write('event', async (tx) => {
      await tx.raw(
        `UPDATE pin_record SET sealed_bytes = seal.bytes, updated_ms = ?
         FROM (SELECT value ->> 'cid' AS cid, value ->> 'sealedBytes' AS bytes FROM json_each(?)) AS seal
         WHERE pin_record.cid = seal.cid AND pin_record.status = 'running' AND pin_record.sealed_bytes < seal.bytes`,
        [nowMs, JSON.stringify(seals)],
      );
    });
  }

  /** Of these CIDs those that no pull of ours ever began. */
  async strangers(cids: readonly string[]): Promise<readonly string[]> {
    if (cids.length === 0) return [];
    const rows: { cid: string }[] = await this.#database.read(
      async (reader) =>
        await reader.raw(
          `SELECT value AS cid FROM json_each(?)
           WHERE NOT EXISTS (SELECT 1 FROM pin_record WHERE pin_record.cid = value AND pin_record.cause = 'pull')`,
          [JSON.stringify(cids)],
        ),
    );
    return rows.map((row) => row.cid);
  }
}
