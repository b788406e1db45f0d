import sqlite3 from 'sqlite3';

/** The tables of the storage manager before this one, as its ORM made them, with a few rows of a life. */
const STATEMENTS = [
  'CREATE TABLE `SequelizeMeta` (`name` VARCHAR(255) NOT NULL UNIQUE PRIMARY KEY)',
  "INSERT INTO `SequelizeMeta` VALUES ('2021.07.20.1.intial-schema.js'), ('2021.07.22.1.add-clean-record-table.js'), ('2021.0809.1.add-seal-progress.js')",
  'CREATE TABLE `config` (`name` VARCHAR(255) PRIMARY KEY, `content` TEXT NOT NULL)',
  `INSERT INTO \`config\` VALUES ('chain-time-indexer:latest-block-time', '{"block":3500000,"time":1640000000}'), ('db-indexer:LastDoneTime', '1640000000')`,
  'CREATE TABLE `file_record` (`id` INTEGER PRIMARY KEY AUTOINCREMENT, `cid` TEXT NOT NULL, `expire_at` INTEGER NOT NULL, `size` INTEGER NOT NULL, `amount` INTEGER NOT NULL, `replicas` INTEGER NOT NULL, `indexer` TEXT NOT NULL, `status` TEXT NOT NULL, `last_updated` INTEGER NOT NULL, `create_at` INTEGER NOT NULL)',
  'CREATE INDEX `file_record_cid` ON `file_record` (`cid`)',
  "INSERT INTO `file_record` (cid, expire_at, size, amount, replicas, indexer, status, last_updated, create_at) VALUES ('QmY3yV46Kj4kySVUky35jhZFCwsebHm9GD9oVD4UzrqmsV', 4000000, 12.5, 1250000000, 12, 'dbScan', 'handled', 1640000000, 1630000000), ('QmY3yV46Kj4kySVUky35jhZFCwsebHm9GD9oVD4UzrqmsV', 0, 12.5, 0, 0, 'chainEvent', 'new', 1640000000, 1630000000)",
  'CREATE TABLE `file_owner` (`id` INTEGER PRIMARY KEY AUTOINCREMENT, `cid` TEXT NOT NULL, `owner` TEXT NOT NULL, `create_at` INTEGER NOT NULL)',
  'CREATE TABLE `pin_record` (`id` INTEGER PRIMARY KEY AUTOINCREMENT, `cid` TEXT NOT NULL, `size` INTEGER NOT NULL, `status` TEXT NOT NULL, `last_updated` INTEGER NOT NULL, `pin_at` INTEGER NOT NULL, `pin_by` TEXT NOT NULL, `sealed_size` INTEGER NOT NULL DEFAULT 0, `last_check_time` INTEGER NOT NULL DEFAULT 0)',
  "INSERT INTO `pin_record` (cid, size, status, last_updated, pin_at, pin_by) VALUES ('QmY3yV46Kj4kySVUky35jhZFCwsebHm9GD9oVD4UzrqmsV', 12.5, 'sealed', 1640000000, 1630000000, 'dbFilesWeight')",
  'CREATE TABLE `cleanup_record` (`id` INTEGER PRIMARY KEY AUTOINCREMENT, `cid` TEXT NOT NULL, `status` TEXT NOT NULL, `last_updated` INTEGER NOT NULL, `create_at` INTEGER NOT NULL)',
];

/** Writes the old bot's database: rollback journal, no foreign keys, nothing that names account or chain. */
export async function writeOldDatabase(file: string): Promise<void> {
  await runSql(file, STATEMENTS);
}

/** Runs statements on a database file, one after the other, and closes it. */
export async function runSql(file: string, statements: readonly string[]): Promise<void> {
  const database = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened = new sqlite3.Database(file, (error) => (error === null ? resolve(opened) : reject(error)));
  });
  try {
    for (const sql of statements) {
      await new Promise<void>((resolve, reject) => {
        database.run(sql, (error: Error | null) => (error === null ? resolve() : reject(error)));
      });
    }
  } finally {
    await new Promise<void>((resolve, reject) => {
      database.close((error) => (error === null ? resolve() : reject(error)));
    });
  }
}
