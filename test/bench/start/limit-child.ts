import createKnex from 'knex';

// What a start cannot do without: the driver, the query builder, and the file opened as the bot opens it.
const knex = createKnex({
  client: 'sqlite3',
  connection: { filename: process.argv[2] ?? '' },
  useNullAsDefault: true,
  pool: { min: 0, max: 1 },
});
await knex.raw('PRAGMA journal_mode = WAL');
const rows: { migrations: number }[] = await knex.raw('SELECT COUNT(*) AS migrations FROM knex_migrations');
process.stdout.write(`${JSON.stringify({ message: 'Ready', migrations: rows[0]?.migrations })}\n`);
await knex.destroy();
