// lock-holder.mjs <database> <hold ms> <pause ms>. Another program that writes to the bot's database: it keeps it locked for so long, lets go for a moment, and
// begins again, until it is ended. Says `held` each time it has it.
import sqlite3 from 'sqlite3';

const [file, holdMs, pauseMs] = process.argv.slice(2);
const database = new sqlite3.Database(file);
database.configure('busyTimeout', 60_000);

const run = async (sql) =>
  await new Promise((resolve, reject) => database.run(sql, (error) => (error === null ? resolve() : reject(error))));
const rest = async (ms) => await new Promise((resolve) => setTimeout(resolve, Number(ms)));

for (;;) {
  await run('BEGIN IMMEDIATE');
  process.stdout.write('held\n');
  await rest(holdMs);
  await run('COMMIT');
  await rest(pauseMs);
}
