import path from 'node:path';
import createKnex, { type Knex } from 'knex';
import { up as initial } from '../../db/migrations/0001-initial.ts';
import { databaseFileName } from '../../src/store/database.ts';

/** A database as the first release made it, with whatever stands in it. */
export async function ofSchema1(folder: string, fill: (knex: Knex) => Promise<void>): Promise<void> {
  const knex = createKnex({
    client: 'sqlite3',
    connection: { filename: path.join(folder, databaseFileName) },
    useNullAsDefault: true,
  });
  try {
    await knex.raw('PRAGMA auto_vacuum = INCREMENTAL');
    await knex.raw('PRAGMA application_id = 1936549746');
    await knex.raw('PRAGMA journal_mode = WAL');
    await knex.migrate.latest({
      migrationSource: {
        getMigrations: async () => ['0001-initial'],
        getMigrationName: (name: string) => name,
        getMigration: async () => ({ up: initial, down: async () => undefined }),
      },
    });
    await fill(knex);
  } finally {
    await knex.destroy();
  }
}
