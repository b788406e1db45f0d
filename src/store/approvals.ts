import { type Amount, judgeUnproven } from '../domain/deletions.ts';
import type { Database } from './database.ts';
import { isOpenUnproven, readDeletionStanding } from './deletion-standing.ts';

/** A person's word that closes known only by absence from walks may be believed: those that were open when it was given. */
export interface Approval extends Amount {
  readonly givenMs: number;
  readonly atBlock: number;
  /** The command by which it was given. */
  readonly command: string;
}

const listed = 10;

/** The table `approval`. */
export class Approvals {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Approves what waits for it now and nothing that comes later; undefined when nothing waits. */
  async give(given: {
    readonly command: string;
    readonly nowMs: number;
    readonly headBlock: number;
    readonly maxPercentPerDay: number;
  }): Promise<Approval | undefined> {
    const { command, nowMs, headBlock, maxPercentPerDay } = given;
    return await this.#database.write('claim', async (tx) => {
      const standing = await readDeletionStanding(tx, headBlock);
      if (judgeUnproven(standing, maxPercentPerDay) === 'go') return undefined;
      const { files, bytes } = standing.unproven;
      const [id] = await tx('approval').insert({ given_ms: nowMs, at_block: headBlock, command, files, bytes });
      await tx.raw(`UPDATE cleanup_record SET approval_id = ? WHERE ${isOpenUnproven}`, [id ?? null]);
      return { givenMs: nowMs, atBlock: headBlock, command, files, bytes };
    });
  }

  /** The newest ones first. */
  async list(): Promise<readonly Approval[]> {
    return await this.#database.read(
      async (reader) =>
        await reader('approval').orderBy('id', 'desc').limit(listed).select<Approval[]>({
          givenMs: 'given_ms',
          atBlock: 'at_block',
          command: 'command',
          files: 'files',
          bytes: 'bytes',
        }),
    );
  }
}
