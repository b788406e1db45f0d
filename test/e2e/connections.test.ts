import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { ConfiguredWorld } from '../support/e2e/configured-world.ts';
import { addSeededFile } from '../support/e2e/daemon.ts';
import { says } from '../support/e2e/bot-home.ts';
import { startEchoServer } from '../support/e2e/echo-server.ts';

const MIB = 1024 ** 2;
const watch = fileURLToPath(new URL('../support/e2e/connection-watch.mjs', import.meta.url));

interface WayOut {
  readonly kind: string;
  readonly what: string;
}

let place: ConfiguredWorld;

beforeAll(async () => {
  place = await ConfiguredWorld.start();
});
afterAll(async () => await place?.close());

/** Each way out of the bot's processes once, as the watch wrote it down. */
async function waysOut(file: string): Promise<readonly string[]> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const ways = lines.map((line) => JSON.parse(line) as WayOut);
  return [...new Set(ways.map(({ kind, what }) => `${kind} ${what.replace(/^.*\//u, '')}`))].toSorted();
}

it('a bot connects to what is configured and to nothing else, from its first walk to its report', async () => {
  const receiver = await startEchoServer(() => 200);
  onTestFinished(() => receiver.close());
  const log = join(place.world.dir, 'ways-out');
  const home = await place.homeWith('connections', '', {
    NODE_OPTIONS: `--import=${watch}`,
    CONNECTION_WATCH: log,
  });
  await writeFile(home.configPath, JSON.stringify(place.installersFile(home.dataDir, receiver.origin)));
  const file = await addSeededFile(place.world, 'connections', MIB);
  place.world.order(file);
  const bot = await home.start();
  await says(bot, ({ message }) => message === 'The walk over all orders is complete');
  await home.eventuallyStand([file.cid], 'handled');
  await home.eventually('a report', () => receiver.asked.length > 0);
  for (const command of [
    ['status'],
    ['explain', file.cid],
    ['check'],
    ['reconcile', '--apply'],
    ['cleanup'],
    ['backup'],
    ['integrity'],
  ])
    await home.smanager(...command);
  expect((await bot.stop()).code).toBe(0);
  const { chain, sworker, ipfs } = place.ends;
  const configured = [chain, sworker, ipfs, receiver.origin].map((address) => `connect ${new URL(address).host}`);
  expect(await waysOut(log)).toEqual([...configured, 'start library-child.js'].toSorted());
});
