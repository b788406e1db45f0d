import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CONTROL_ACTIONS } from './chain/control.ts';
import { DEMO_DISKS, DEMO_LIMITS } from './demo/demo-node.ts';
import { deniedCids, planOrders, putStandingOrders, standingOrders } from './demo/orders/order-plan.ts';
import { sealByHand } from './demo/seal-by-hand.ts';
import { findKubo } from './ipfs/kubo/find-kubo.ts';
import { stopOnSignals } from './world/stop-on-signals.ts';
import { startWorld } from './world/world.ts';

/** As on mainnet, unless `--block-ms` tells otherwise. */
const BLOCK_MS = 6000;

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, 'block-ms': { type: 'string', default: `${BLOCK_MS}` } },
});

function positive(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${text} is no whole number above 0`);
}

const say = (line = '') => process.stdout.write(`${line}\n`);

const seed = positive(values.seed);
const intervalMs = positive(values['block-ms']);
const kubo = await findKubo();
const starting = startWorld({ seed, kubo, blocks: { kind: 'real', intervalMs }, disks: DEMO_DISKS });
stopOnSignals(async () => (await starting).stop());
const world = await starting;
try {
  const plan = await planOrders(world, seed);
  await sealByHand(world, plan.held);
  putStandingOrders(world, plan);
  const limits = { ...DEMO_LIMITS, deny: { cids: deniedCids(plan) } };
  const config = await world.writeConfig(join(world.dir, 'bot'), limits);
  say(`A devnet runs (seed ${seed}, a block every ${intervalMs} ms, ${kubo === undefined ? 'embedded IPFS' : kubo}).`);
  say(
    `  chain      ${world.chainServer.url}    ${standingOrders(plan).length} orders, ${plan.later.length} files not yet ordered`,
  );
  say(`  sWorker    ${new URL(world.sworkerServer.apiUrl).origin}`);
  say(
    `  IPFS       ${new URL(world.ipfs.apiUrl).origin}    the bot's node, which seals; ${plan.held.length} files are sealed already`,
  );
  say(`  customers  ${new URL(world.customers.apiUrl).origin}    the node that holds what is ordered`);
  say(`  control    ${world.control.url}`);
  say();
  say('Point a bot at it:');
  say(`  npm run build && SMANAGER_CONFIG=${config} dist/src/main.js run`);
  say(`  SMANAGER_CONFIG=${config} dist/src/main.js status`);
  say();
  say(`Tell the chain what to do: POST ${world.control.url}/<action> with a JSON body; GET / says where it stands.`);
  say(`  actions: ${CONTROL_ACTIONS.join(', ')}`);
  const [example] = plan.later;
  if (example !== undefined) {
    const body = JSON.stringify({ cid: example.cid, sizeBytes: example.sizeBytes });
    say(`  curl -d '${body}' ${world.control.url}/order`);
  }
  say();
  say('Ctrl-C ends it and removes everything.');
} catch (error) {
  await world.stop();
  throw error;
}
