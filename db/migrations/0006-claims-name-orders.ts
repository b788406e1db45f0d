import type { Knex } from 'knex';

// Do not edit or rename: databases in the field have recorded this migration by its name. Add another one instead.

// A claim names its order in its record, so that what a process left running is found by the short index of running records alone: an index of the
// pulled orders beside it was one more page of the log for each claim.
const statements = [
  'ALTER TABLE pin_record ADD COLUMN order_id INTEGER',
  `UPDATE pin_record SET order_id = (
     SELECT id FROM file_record INDEXED BY file_record_pulling WHERE file_record.status = 'pulling' AND file_record.cid = pin_record.cid)
   WHERE status = 'running'`,
  'DROP INDEX file_record_pulling',
];

export async function up(knex: Knex): Promise<void> {
  for (const statement of statements) await knex.raw(statement);
}
