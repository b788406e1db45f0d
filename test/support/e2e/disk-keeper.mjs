// disk-keeper.mjs <folder>. Inside a mount namespace of its own: puts a small file system there, and does what it is asked by lines of JSON. The file
// system lasts as long as this process and those that came into its namespace.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import sqlite3 from 'sqlite3';

const [folder] = process.argv.slice(2);
const mount = (...words) => execFileSync('mount', words, { stdio: ['ignore', 'ignore', 'pipe'] });
mount('-t', 'tmpfs', '-o', 'size=1g,mode=0700', 'smanager-data', folder);
// Where nothing is used the size 0 would mean: no limit.
writeFileSync(path.join(folder, 'ballast'), Buffer.alloc(4096));

/** All rows of a statement, beside whoever works on the database. What it writes stays in the log: to move that is the program's. */
async function rows(file, mode, sql, bindings) {
  return await new Promise((resolve, reject) => {
    const database = new sqlite3.Database(file, mode, (opening) => {
      if (opening !== null) return reject(opening);
      database.configure('busyTimeout', 10_000);
      database.run('PRAGMA wal_autocheckpoint = 0');
      database.all(sql, bindings, (error, found) =>
        database.close(() => (error === null ? resolve(found) : reject(error))),
      );
    });
  });
}

async function answer({ ask, options, file, sql, bindings }) {
  if (ask === 'rows') return await rows(file, sqlite3.OPEN_READONLY, sql, bindings);
  if (ask === 'change') return await rows(file, sqlite3.OPEN_READWRITE, sql, []);
  mount('-o', `remount,${options}`, folder);
  return null;
}

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const questions = createInterface({ input: process.stdin });
questions.on('close', () => process.exit());
questions.on('line', (line) => {
  const { id, ...question } = JSON.parse(line);
  answer(question).then(
    (found) => print({ id, found }),
    (error) => print({ id, error: error.message }),
  );
});
print({ id: 0, found: null });
