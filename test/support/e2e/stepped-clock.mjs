// Loaded into a bot by NODE_OPTIONS=--import: its wall clock is wrong by as many milliseconds as stand in the file that CLOCK_OFFSET names, read again with each
// SIGUSR2. Timers and performance.now() know nothing of it, as on a machine whose clock is stepped.
import { readFileSync } from 'node:fs';

const file = process.env.CLOCK_OFFSET;
const read = () => Number(readFileSync(file, 'utf8'));
let offsetMs = read();
const SystemDate = globalThis.Date;
const now = () => SystemDate.now() + offsetMs;

globalThis.Date = class Date extends SystemDate {
  constructor(...words) {
    if (words.length === 0) super(now());
    else super(...words);
  }

  static now() {
    return now();
  }
};
process.on('SIGUSR2', () => {
  offsetMs = read();
});
