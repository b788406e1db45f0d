import type { Knex } from 'knex';

// Do not edit or rename: databases in the field have recorded this migration by its name. Add another one instead.

// An index of positions alone takes a quarter of the room that one with the CIDs takes. Two orders at one position are told apart by their twin.
const key = [
  'ALTER TABLE file_record ADD COLUMN key_twin INTEGER NOT NULL DEFAULT 0',
  `UPDATE file_record SET key_twin = (
     SELECT COUNT(*) FROM file_record AS other WHERE other.key_position = file_record.key_position AND other.cid < file_record.cid)
   WHERE key_position IN (SELECT key_position FROM file_record GROUP BY key_position HAVING COUNT(*) > 1)`,
  'DROP INDEX file_record_key',
  'CREATE UNIQUE INDEX file_record_key ON file_record (key_position, key_twin)',
];

// Amounts of 39 digits become amounts of 20, those that do not fit keep theirs behind a mark that sorts after every digit.
const rewards = [
  `UPDATE file_record SET reward_pico = CASE
     WHEN substr(reward_pico, 1, 19) = '0000000000000000000' THEN substr(reward_pico, 20) ELSE ':' || reward_pico END`,
];

// What is counted each minute, and what is removed when it is old.
const indices = [
  'DROP INDEX pin_record_updated',
  "CREATE INDEX pin_record_pulled ON pin_record (updated_ms, status, size_bytes) WHERE cause = 'pull'",
  "CREATE INDEX pin_record_finished ON pin_record (started_block) WHERE status IN ('failed', 'interrupted', 'removed')",
  "CREATE INDEX cleanup_record_finished ON cleanup_record (seen_block) WHERE status IN ('done', 'cancelled')",
  'DROP INDEX cleanup_record_updated',
  "CREATE INDEX cleanup_record_done ON cleanup_record (updated_ms) WHERE status = 'done'",
  'CREATE INDEX walk_status ON walk (status, id)',
];

const tally = [
  `CREATE TABLE record_tally (
     record TEXT NOT NULL CHECK (record IN ('pin', 'cleanup')),
     status TEXT NOT NULL,
     records INTEGER NOT NULL,
     PRIMARY KEY (record, status)
   ) WITHOUT ROWID`,
  ...(['pin', 'cleanup'] as const).flatMap((record) => {
    const table = `${record}_record`;
    const add = `INSERT INTO record_tally (record, status, records) VALUES ('${record}', NEW.status, 1)
      ON CONFLICT (record, status) DO UPDATE SET records = records + 1;`;
    const take = `UPDATE record_tally SET records = records - 1 WHERE record = '${record}' AND status = OLD.status;`;
    return [
      `INSERT INTO record_tally (record, status, records) SELECT '${record}', status, COUNT(*) FROM ${table} GROUP BY status`,
      `CREATE TRIGGER ${table}_tally_insert AFTER INSERT ON ${table} BEGIN ${add} END`,
      `CREATE TRIGGER ${table}_tally_delete AFTER DELETE ON ${table} BEGIN ${take} END`,
      `CREATE TRIGGER ${table}_tally_update AFTER UPDATE OF status ON ${table} WHEN OLD.status <> NEW.status BEGIN ${take} ${add} END`,
    ];
  }),
];

export async function up(knex: Knex): Promise<void> {
  for (const statement of [...key, ...rewards, ...indices, ...tally]) await knex.raw(statement);
}
