import { Database } from '../../src/store/database.ts';

export interface OrderRow {
  readonly cid: string;
  readonly status: string;
  readonly verdict: string | null;
  readonly attempts: number;
  readonly expiryBlock: number;
}

export interface PinRow {
  readonly cid: string;
  readonly status: string;
  readonly cause: string;
  readonly endReason: string | null;
}

interface CleanupRow {
  readonly cid: string;
  readonly status: string;
}

/** The database of a bot that runs or ran, to look at. */
export class BotDatabase {
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  /** A bot has started there before. */
  static async open(dataDir: string): Promise<BotDatabase> {
    return new BotDatabase(await Database.openExisting(dataDir));
  }

  async orders(): Promise<ReadonlyMap<string, OrderRow>> {
    const rows = await this.#database.read(
      async (reader) =>
        await reader('file_record').select<OrderRow[]>('cid', 'status', 'verdict', 'attempts', {
          expiryBlock: 'expiry_block',
        }),
    );
    return new Map(rows.map((row) => [row.cid, row]));
  }

  /** Oldest first. */
  async pins(): Promise<readonly PinRow[]> {
    return await this.#database.read(
      async (reader) =>
        await reader('pin_record')
          .orderBy('id')
          .select<PinRow[]>('cid', 'status', 'cause', { endReason: 'end_reason' }),
    );
  }

  /** The newest of each CID. */
  async cleanups(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#database.read(
      async (reader) => await reader('cleanup_record').orderBy('id').select<CleanupRow[]>('cid', 'status'),
    );
    return new Map(rows.map(({ cid, status }) => [cid, status]));
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}
