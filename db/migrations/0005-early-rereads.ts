import type { Knex } from 'knex';

// Do not edit or rename: databases in the field have recorded this migration by its name. Add another one instead.

// Rows that stand keep their bytes: SQLite reads the default where a column was added behind them.
export async function up(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE file_record ADD COLUMN reread_block INTEGER NOT NULL DEFAULT 0');
}
