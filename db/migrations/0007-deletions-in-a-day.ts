import type { Knex } from 'knex';

// Do not edit or rename: databases in the field have recorded this migration by its name. Add another one instead.

// One file counts with at most 1 TiB, so that no sum of hostile sizes leaves 64 bits.
const counted = (row: string): string => `MIN(${row}.size_bytes, 1099511627776)`;

const approvals = [
  `CREATE TABLE approval (
     id INTEGER PRIMARY KEY,
     given_ms INTEGER NOT NULL,
     at_block INTEGER NOT NULL,
     command TEXT NOT NULL,
     files INTEGER NOT NULL,
     bytes INTEGER NOT NULL
   )`,
];

// What has been deleted lately is counted by blocks of the chain, which no stepped clock moves; of the last day before, the tables know the time alone.
const deletions = [
  'ALTER TABLE cleanup_record ADD COLUMN size_bytes INTEGER NOT NULL DEFAULT 0',
  'ALTER TABLE cleanup_record ADD COLUMN deleted_block INTEGER',
  'ALTER TABLE cleanup_record ADD COLUMN approval_id INTEGER REFERENCES approval (id)',
  'ALTER TABLE pin_record ADD COLUMN let_go_block INTEGER',
  `UPDATE cleanup_record SET deleted_block = (SELECT content ->> 'atBlock' FROM config WHERE name = 'chain-time')
   WHERE status = 'done' AND updated_ms >= (SELECT content ->> 'atMs' FROM config WHERE name = 'chain-time') - 86400000`,
  `UPDATE cleanup_record SET size_bytes = COALESCE((SELECT MAX(size_bytes) FROM pin_record WHERE pin_record.cid = cleanup_record.cid), 0)
   WHERE status IN ('seen', 'confirmed', 'deleting') OR deleted_block IS NOT NULL`,
  `CREATE INDEX cleanup_record_deleted ON cleanup_record (deleted_block, status, cause, approval_id, size_bytes)
   WHERE deleted_block IS NOT NULL`,
  `CREATE INDEX cleanup_record_unproven ON cleanup_record (size_bytes)
   WHERE status IN ('seen', 'confirmed', 'deleting') AND cause <> 'event' AND approval_id IS NULL`,
  'CREATE INDEX pin_record_let_go ON pin_record (let_go_block, status, size_bytes) WHERE let_go_block IS NOT NULL',
];

const add = `INSERT INTO record_tally (record, status, records, bytes)
  SELECT 'pin', NEW.status, 1, ${counted('NEW')} WHERE NEW.status <> 'running'
  ON CONFLICT (record, status) DO UPDATE SET records = records + 1, bytes = bytes + excluded.bytes;`;
const take = `UPDATE record_tally SET records = records - 1, bytes = bytes - ${counted('OLD')}
  WHERE record = 'pin' AND status = OLD.status;`;

// A percentage of the bytes held: they are kept beside the number of files, in the row that each move writes anyway.
const tally = [
  'ALTER TABLE record_tally ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0',
  `UPDATE record_tally SET bytes = (
     SELECT COALESCE(SUM(${counted('pin_record')}), 0) FROM pin_record WHERE pin_record.status = record_tally.status)
   WHERE record = 'pin'`,
  'DROP TRIGGER pin_record_tally_insert',
  'DROP TRIGGER pin_record_tally_delete',
  'DROP TRIGGER pin_record_tally_update',
  `CREATE TRIGGER pin_record_tally_insert AFTER INSERT ON pin_record WHEN NEW.status <> 'running' BEGIN ${add} END`,
  `CREATE TRIGGER pin_record_tally_delete AFTER DELETE ON pin_record WHEN OLD.status <> 'running' BEGIN ${take} END`,
  `CREATE TRIGGER pin_record_tally_update AFTER UPDATE OF status ON pin_record WHEN OLD.status <> NEW.status
   BEGIN ${take} ${add} END`,
];

export async function up(knex: Knex): Promise<void> {
  for (const statement of [...approvals, ...deletions, ...tally]) await knex.raw(statement);
}
