import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { closeOnChain } from '../../devnet/demo/endings.ts';
import { ConfiguredWorld } from '../support/e2e/configured-world.ts';
import { addSeededFile, inSworker, isPinned, type SeededFile } from '../support/e2e/daemon.ts';
import { says } from '../support/e2e/bot-home.ts';
import { startEchoServer } from '../support/e2e/echo-server.ts';

const MIB = 1024 ** 2;
/** The first report is sent after five minutes, and a close is looked at twice, a minute apart. */
const MINUTE_A_SECOND = { blocks: { kind: 'real', intervalMs: 6000 }, clock: { factor: 60 } } as const;
const watch = fileURLToPath(new URL('../support/e2e/connection-watch.mjs', import.meta.url));

interface WayOut {
  readonly kind: string;
  readonly what: string;
}

let place: ConfiguredWorld;

beforeAll(async () => {
  place = await ConfiguredWorld.start(MINUTE_A_SECOND);
});
afterAll(async () => await place?.close());

/** Each way out of the bot's processes once, as the watch wrote it down. */
async function waysOut(file: string): Promise<readonly string[]> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const ways = lines.map((line) => JSON.parse(line) as WayOut);
  return [...new Set(ways.map(({ kind, what }) => `${kind} ${what.replace(/^.*\//u, '')}`))].toSorted();
}

it('a bot connects to what is configured and to nothing else, from its first walk to a deletion and its report', async () => {
  const receiver = await startEchoServer(() => 200);
  onTestFinished(() => receiver.close());
  const coordinator = await startEchoServer(() => 200, { grants: true });
  onTestFinished(() => coordinator.close());
  const log = join(place.world.dir, 'ways-out');
  const home = await place.homeWith('connections', '', {
    NODE_OPTIONS: `--import=${watch}`,
    CONNECTION_WATCH: log,
  });
  const config = {
    ...place.installersFile(home.dataDir, receiver.origin),
    sealCoordinator: { endPoint: coordinator.origin, nodeUUID: 'node-1', authToken: 'token' },
    cleanup: { graceHours: 0 },
  };
  await writeFile(home.configPath, JSON.stringify(config));
  const file = await addSeededFile(place.world, 'connections', MIB);
  const closed = await addSeededFile(place.world, 'connections, closed', MIB);
  for (const each of [file, closed]) place.world.order(each);
  const bot = await home.start();
  await says(bot, ({ message }) => message === 'The walk over all orders is complete');
  await home.eventuallyStand([file.cid, closed.cid], 'handled');
  closeOnChain(place.world.chain, closed.cid);
  await home.eventually('a deletion', async () => {
    return inSworker(place.world, closed.cid) === 'nowhere' && !(await isPinned(place.world, closed.cid));
  });
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
  const wish = (method: string, { cid }: SeededFile) => `${method} /node/node-1/seal/${cid}`;
  expect(coordinator.asked).toEqual(
    expect.arrayContaining(['GET /ping', wish('POST', file), wish('POST', closed), wish('DELETE', closed)]),
  );
  const { chain, sworker, ipfs } = place.ends;
  const ends = [chain, sworker, ipfs, coordinator.origin, receiver.origin];
  const configured = ends.map((address) => `connect ${new URL(address).host}`);
  expect(await waysOut(log)).toEqual([...configured, 'start library-child.js'].toSorted());
});
