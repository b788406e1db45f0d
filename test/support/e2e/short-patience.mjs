// Loaded into a bot by NODE_OPTIONS=--import: a busy database is waited for 3 seconds instead of 30.
import sqlite3 from 'sqlite3';

const { run } = sqlite3.Database.prototype;
sqlite3.Database.prototype.run = function shortened(sql, ...rest) {
  return run.call(this, sql === 'PRAGMA busy_timeout = 30000' ? 'PRAGMA busy_timeout = 3000' : sql, ...rest);
};
