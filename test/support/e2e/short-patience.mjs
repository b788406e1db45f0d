// Loaded into a bot by NODE_OPTIONS=--import: a busy database is waited for a quarter of a second instead of 30 s: whoever ends by it has a few more writes that wait as long, one after the other.
import sqlite3 from 'sqlite3';

const { prototype } = sqlite3.Database;
const run = Reflect.get(prototype, 'run');
prototype.run = function shortened(sql, ...rest) {
  return Reflect.apply(run, this, [sql === 'PRAGMA busy_timeout = 30000' ? 'PRAGMA busy_timeout = 250' : sql, ...rest]);
};
