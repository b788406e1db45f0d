import { writeFileSync } from 'node:fs';
import { recordStatements, takeRecorded } from './recorder.ts';

// Loaded before the bot (`node --import`): when the process ends, what it ran stands in a file.

const file = process.env['BENCH_STATEMENTS_FILE'];
if (file !== undefined) {
  recordStatements();
  process.once('exit', () => writeFileSync(file, JSON.stringify(takeRecorded())));
}
