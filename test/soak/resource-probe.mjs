// Loaded into the bot by NODE_OPTIONS=--import. With each SIGUSR2 it appends what the process holds as a line of JSON to the file that SOAK_PROBE
// names: its heap after a full collection, so that only what is really held counts, and its resident memory before one.
import { appendFileSync } from 'node:fs';
import { getHeapCodeStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const listeners = () => process.eventNames().reduce((count, name) => count + process.listenerCount(name), 0);

process.on('SIGUSR2', () => {
  const { rss } = process.memoryUsage();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  const { code_and_metadata_size: machineCode, bytecode_and_metadata_size: bytecode } = getHeapCodeStatistics();
  const resources = process.getActiveResourcesInfo();
  const timers = resources.filter((name) => name === 'Timeout').length;
  const handles = resources.length - timers;
  const line = { rss, heapUsed, code: machineCode + bytecode, external, timers, handles, listeners: listeners() };
  appendFileSync(process.env.SOAK_PROBE, `${JSON.stringify(line)}\n`);
});
