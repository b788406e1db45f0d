import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { findKubo } from '../ipfs/kubo/find-kubo.ts';
import { stopOnSignals } from '../world/stop-on-signals.ts';
import { startWorld } from '../world/world.ts';
import { firstStart } from './chapters/first-start.ts';
import { killAndResume } from './chapters/killed.ts';
import { liveOrders, ordersEnd } from './chapters/orders-end.ts';
import { compareBytes, compareVerdicts, stopBot } from './chapters/the-end.ts';
import { introduceWorld } from './chapters/the-world.ts';
import { DEMO_DISKS } from './demo-node.ts';
import { Demo } from './demo.ts';
import { planOrders } from './orders/order-plan.ts';

const LIMIT_MS = 8 * 60_000;
const BLOCK_MS = 250;
/** Shorter than mainnet's, so that replicas appear on chain while somebody watches. */
const RULES = { reportSlotBlocks: 120, spowerDelayBlocks: 20 };
/** Large files that are to stand in the middle when the bot is killed. */
const SLOW_FILES = 3;

const { values } = parseArgs({
  options: {
    keep: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    embedded: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed)) throw new Error('--seed needs a whole number');
// Here, and not by the script that starts this: a wrong option must not build `dist` anew under whoever uses it.
execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });

const kubo = values.embedded ? undefined : await findKubo();
const blocks = { kind: 'real', intervalMs: BLOCK_MS } as const;
const starting = startWorld({ seed, kubo, blocks, rules: RULES, disks: DEMO_DISKS });
let demo: Demo | undefined;
const stop = async () => {
  await demo?.close();
  await (await starting).stop();
};
stopOnSignals(stop);
const world = await starting;
try {
  const plan = await planOrders(world, seed, SLOW_FILES);
  demo = new Demo({ world, plan, signal: AbortSignal.timeout(LIMIT_MS) });
  process.exitCode = await tell(demo);
} catch (error) {
  process.stdout.write(
    `\nThe demo broke off: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  demo?.checklist.expect('the demo', 'goes to its end', 'broke off');
  if (demo !== undefined) summary(demo);
  process.exitCode = 1;
}
if (values.keep && demo !== undefined) {
  process.stdout.write(`\nThe world keeps running; Ctrl-C ends it. Start the bot again with\n`);
  process.stdout.write(`  SMANAGER_CONFIG=${demo.configPath} dist/src/main.js run\n`);
  process.stdout.write(`and tell the chain what to do at ${world.control.url}\n`);
} else {
  await stop();
}

async function tell(run: Demo): Promise<number> {
  await introduceWorld(run, kubo === undefined ? 'the embedded node' : `Kubo (${kubo})`);
  const hold = await firstStart(run);
  await killAndResume(run, hold);
  await liveOrders(run);
  await ordersEnd(run);
  await compareVerdicts(run);
  await compareBytes(run);
  await stopBot(run);
  return summary(run);
}

function summary({ checklist, narrator }: Demo): number {
  narrator.chapter('Summary');
  narrator.detail(...checklist.table());
  const { failed } = checklist;
  if (failed.length === 0) {
    narrator.say(`All ${checklist.count} came true.`);
    return 0;
  }
  narrator.say(`Did not come true: ${failed.join('; ')}`);
  return 1;
}
