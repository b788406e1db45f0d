import type { Knex } from 'knex';

// Do not edit or rename: databases in the field have recorded this migration by its name. Add another one instead.

const tables = `
CREATE TABLE config (
  name TEXT PRIMARY KEY,
  content TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  address TEXT NOT NULL UNIQUE
);

CREATE TABLE decision_basis (
  id INTEGER PRIMARY KEY,
  content TEXT NOT NULL UNIQUE,
  created_ms INTEGER NOT NULL
);

CREATE TABLE file_record (
  id INTEGER PRIMARY KEY,
  key_position INTEGER NOT NULL,
  cid TEXT NOT NULL,
  seen INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  reward_pico TEXT NOT NULL,
  calculated_block INTEGER NOT NULL,
  expiry_block INTEGER NOT NULL,
  replicas INTEGER NOT NULL,
  group_hold INTEGER NOT NULL,
  group_owner_id INTEGER REFERENCES account (id),
  success_block INTEGER,
  read_block INTEGER NOT NULL,
  created_block INTEGER NOT NULL,
  class TEXT NOT NULL CHECK (class IN ('new', 'db')),
  status TEXT NOT NULL CHECK (status IN ('new', 'waiting', 'queued', 'pulling', 'handled', 'failed', 'closed')),
  verdict TEXT,
  verdict_inputs TEXT,
  basis_id INTEGER REFERENCES decision_basis (id),
  decided_block INTEGER,
  look_block INTEGER,
  look_count INTEGER NOT NULL DEFAULT 0,
  turn_block INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  gone_count INTEGER NOT NULL DEFAULT 0,
  oversize INTEGER NOT NULL DEFAULT 0,
  draw REAL,
  revise INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE file_owner (
  file_id INTEGER NOT NULL REFERENCES file_record (id) ON DELETE CASCADE,
  account_id INTEGER NOT NULL REFERENCES account (id),
  memo BLOB,
  PRIMARY KEY (file_id, account_id)
) WITHOUT ROWID;

CREATE TABLE pin_record (
  id INTEGER PRIMARY KEY,
  cid TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'sealed', 'lost', 'failed', 'interrupted', 'removed')),
  cause TEXT NOT NULL CHECK (cause IN ('pull', 'found')),
  class TEXT CHECK (class IN ('new', 'db')),
  attempt INTEGER NOT NULL DEFAULT 0,
  started_ms INTEGER NOT NULL,
  started_block INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  ended_ms INTEGER,
  sealed_ms INTEGER,
  sealed_block INTEGER,
  blocks INTEGER NOT NULL DEFAULT 0,
  sealed_bytes INTEGER NOT NULL DEFAULT 0,
  end_reason TEXT,
  end_detail TEXT,
  counts_as_attempt INTEGER,
  pinned_before INTEGER,
  repinned INTEGER NOT NULL DEFAULT 0,
  missed_rounds INTEGER NOT NULL DEFAULT 0,
  lost_block INTEGER,
  lost_look_block INTEGER
);

CREATE TABLE cleanup_record (
  id INTEGER PRIMARY KEY,
  cid TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('seen', 'confirmed', 'deleting', 'done', 'cancelled')),
  cause TEXT NOT NULL CHECK (cause IN ('event', 'absence', 'found')),
  seen_block INTEGER NOT NULL,
  seen_end_point TEXT,
  confirmed_block INTEGER,
  due_block INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  look_block INTEGER,
  detail TEXT,
  created_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL
);

CREATE TABLE walk (
  id INTEGER PRIMARY KEY,
  status TEXT NOT NULL CHECK (status IN ('running', 'complete', 'abandoned')),
  reason TEXT NOT NULL,
  reads_all INTEGER NOT NULL,
  group_owner TEXT,
  newest_gap INTEGER NOT NULL DEFAULT 0,
  anchor_block INTEGER NOT NULL,
  oldest_page_block INTEGER NOT NULL,
  newest_page_block INTEGER NOT NULL,
  cursor TEXT NOT NULL,
  orders INTEGER NOT NULL DEFAULT 0,
  pages INTEGER NOT NULL DEFAULT 0,
  missing INTEGER NOT NULL DEFAULT 0,
  suspect INTEGER NOT NULL DEFAULT 0,
  started_ms INTEGER NOT NULL,
  ended_ms INTEGER
);

CREATE TABLE absence (
  file_id INTEGER PRIMARY KEY REFERENCES file_record (id) ON DELETE CASCADE,
  first_walk INTEGER NOT NULL,
  first_block INTEGER NOT NULL,
  last_walk INTEGER NOT NULL,
  last_block INTEGER NOT NULL,
  end_point TEXT NOT NULL
);

CREATE TABLE gap (
  id INTEGER PRIMARY KEY,
  from_block INTEGER NOT NULL,
  to_block INTEGER NOT NULL,
  reason TEXT NOT NULL,
  found_ms INTEGER NOT NULL,
  closed_walk INTEGER REFERENCES walk (id)
);

CREATE TABLE coordinator_mark (
  cid TEXT PRIMARY KEY,
  status TEXT NOT NULL CHECK (status IN ('wished', 'held', 'releasing')),
  since_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE tally (
  status TEXT NOT NULL,
  verdict TEXT NOT NULL,
  class TEXT NOT NULL,
  orders INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (status, verdict, class)
) WITHOUT ROWID;
`;

const indices = `
CREATE UNIQUE INDEX file_record_key ON file_record (key_position, cid);
CREATE INDEX file_record_undecided ON file_record (id) WHERE status = 'new';
CREATE INDEX file_record_revise ON file_record (id) WHERE revise = 1;
CREATE INDEX file_record_look ON file_record (look_block) WHERE look_block IS NOT NULL;
CREATE INDEX file_record_turn ON file_record (turn_block) WHERE turn_block IS NOT NULL AND status IN ('waiting', 'queued');
CREATE INDEX file_record_draw ON file_record (draw) WHERE draw IS NOT NULL;
CREATE INDEX file_record_pulling ON file_record (id) WHERE status = 'pulling';
CREATE INDEX file_record_pick ON file_record
  (class, (size_bytes >= 5368709120), (attempts > 0), reward_pico DESC, calculated_block, id)
  WHERE status = 'queued' AND look_block IS NULL;
CREATE INDEX file_record_smallest ON file_record (class, size_bytes) WHERE status = 'queued' AND look_block IS NULL;
CREATE INDEX file_record_closed ON file_record (read_block) WHERE status = 'closed';
CREATE INDEX file_owner_account ON file_owner (account_id, file_id);
CREATE INDEX pin_record_cid ON pin_record (cid, id);
CREATE UNIQUE INDEX pin_record_running ON pin_record (cid) WHERE status = 'running';
CREATE UNIQUE INDEX pin_record_held ON pin_record (cid) WHERE status IN ('sealed', 'lost');
CREATE INDEX pin_record_lost ON pin_record (id) WHERE status = 'lost';
CREATE INDEX pin_record_updated ON pin_record (updated_ms);
CREATE UNIQUE INDEX cleanup_record_open ON cleanup_record (cid) WHERE status IN ('seen', 'confirmed', 'deleting');
CREATE INDEX cleanup_record_status ON cleanup_record (status, due_block);
CREATE INDEX cleanup_record_cid ON cleanup_record (cid);
CREATE INDEX cleanup_record_updated ON cleanup_record (updated_ms);
CREATE INDEX gap_open ON gap (id) WHERE closed_walk IS NULL;
`;

// One order counts with at most 1 TiB, so that no sum of hostile sizes leaves 64 bits.
const counted = (row: string): string => `MIN(${row}.size_bytes, 1099511627776)`;
const add = (row: string): string => `
  INSERT INTO tally (status, verdict, class, orders, bytes)
  VALUES (${row}.status, COALESCE(${row}.verdict, ''), ${row}.class, 1, ${counted(row)})
  ON CONFLICT (status, verdict, class) DO UPDATE SET orders = orders + 1, bytes = bytes + excluded.bytes;`;
const take = (row: string): string => `
  UPDATE tally SET orders = orders - 1, bytes = bytes - ${counted(row)}
  WHERE status = ${row}.status AND verdict = COALESCE(${row}.verdict, '') AND class = ${row}.class;`;

const triggers = [
  `CREATE TRIGGER file_record_tally_insert AFTER INSERT ON file_record BEGIN ${add('NEW')} END`,
  `CREATE TRIGGER file_record_tally_delete AFTER DELETE ON file_record BEGIN ${take('OLD')} END`,
  `CREATE TRIGGER file_record_tally_update AFTER UPDATE OF status, verdict, class, size_bytes ON file_record
   WHEN OLD.status IS NOT NEW.status OR OLD.verdict IS NOT NEW.verdict OR OLD.class IS NOT NEW.class OR OLD.size_bytes IS NOT NEW.size_bytes
   BEGIN ${take('OLD')} ${add('NEW')} END`,
];

function statements(script: string): string[] {
  return script
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

export async function up(knex: Knex): Promise<void> {
  for (const statement of [...statements(tables), ...statements(indices), ...triggers]) await knex.raw(statement);
}
