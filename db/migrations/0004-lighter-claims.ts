import type { Knex } from 'knex';

// Do not edit or rename: databases in the field have recorded this migration by its name. Add another one instead.

// Each page that a claim touches goes into the log as a whole, and the log is moved into the file the sooner.

// A turn keeps its place in the index while its order is pulled; orders that are done with have none.
const turns = [
  'DROP INDEX file_record_turn',
  "UPDATE file_record SET turn_block = NULL WHERE turn_block IS NOT NULL AND status IN ('handled', 'failed', 'closed')",
  'CREATE INDEX file_record_turn ON file_record (turn_block) WHERE turn_block IS NOT NULL',
];

// What runs has an index of its own, which is short.
const pulled = [
  'DROP INDEX pin_record_pulled',
  `CREATE INDEX pin_record_pulled ON pin_record (updated_ms, status, size_bytes) WHERE cause = 'pull' AND status <> 'running'`,
];

const add = `INSERT INTO record_tally (record, status, records) SELECT 'pin', NEW.status, 1 WHERE NEW.status <> 'running'
  ON CONFLICT (record, status) DO UPDATE SET records = records + 1;`;
const take = "UPDATE record_tally SET records = records - 1 WHERE record = 'pin' AND status = OLD.status;";

const tally = [
  'DROP TRIGGER pin_record_tally_insert',
  'DROP TRIGGER pin_record_tally_delete',
  'DROP TRIGGER pin_record_tally_update',
  "DELETE FROM record_tally WHERE record = 'pin' AND status = 'running'",
  `CREATE TRIGGER pin_record_tally_insert AFTER INSERT ON pin_record WHEN NEW.status <> 'running' BEGIN ${add} END`,
  `CREATE TRIGGER pin_record_tally_delete AFTER DELETE ON pin_record WHEN OLD.status <> 'running' BEGIN ${take} END`,
  `CREATE TRIGGER pin_record_tally_update AFTER UPDATE OF status ON pin_record WHEN OLD.status <> NEW.status
   BEGIN ${take} ${add} END`,
];

export async function up(knex: Knex): Promise<void> {
  for (const statement of [...turns, ...pulled, ...tally]) await knex.raw(statement);
}
