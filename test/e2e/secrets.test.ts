import { mkdir, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { JsonObject } from '../../devnet/world/bot-config.ts';
import { ConfiguredWorld, refusal } from '../support/e2e/configured-world.ts';
import { addSeededFile } from '../support/e2e/daemon.ts';
import { startEchoServer } from '../support/e2e/echo-server.ts';
import { findSecrets, formsOf, formsOfText, withCredentials } from '../support/e2e/secrets.ts';

const MIB = 1024 ** 2;

let place: ConfiguredWorld;

beforeAll(async () => {
  place = await ConfiguredWorld.start();
});
afterAll(async () => await place?.close());

describe('secrets', () => {
  const user = 'operator';
  const password = 'pa55"w\\rd/?%';
  const token = 't0ken-of-the-coordinator';
  const secrets = [...formsOf(user, password), ...formsOfText(token)];

  it('never come to light while everything works, in any output or file', async () => {
    const coordinator = await startEchoServer((call) => (call.startsWith('POST') ? 500 : 200));
    onTestFinished(() => coordinator.close());
    const home = await place.homeWith('secret', '', {
      LOG_LEVEL: 'debug',
      SMANAGER_SEAL_COORDINATOR_AUTH_TOKEN: token,
    });
    const { chain, sworker, ipfs, account } = place.ends;
    const hidden = (address: string): string => withCredentials(address, user, password);
    const config = {
      ...place.installersFile(home.dataDir, hidden(coordinator.origin)),
      chain: { account, endPoint: [hidden(chain)] },
      sworker: { endPoint: hidden(sworker) },
      ipfs: { endPoint: hidden(ipfs) },
      sealCoordinator: { endPoint: coordinator.origin, nodeUUID: 'node-1' },
    };
    await writeFile(home.configPath, JSON.stringify(config));
    const file = await addSeededFile(place.world, 'asked for', MIB);
    place.world.order(file);
    const bot = await home.start();
    // The coordinator answers with the token that it was sent.
    await home.eventuallyStand([file.cid], 'waiting: coordinator');
    for (const command of [
      ['status'],
      ['status', '--json'],
      ['explain', file.cid],
      ['explain', file.cid, '--json'],
      ['check'],
      ['reconcile'],
      ['reconcile', '--json'],
      ['cleanup'],
      ['backup'],
      ['integrity'],
    ]) {
      await home.smanager(...command);
    }
    await bot.stop();
    expect(coordinator.asked).toContain(`POST /node/node-1/seal/${file.cid}`);
    expect(await findSecrets(home, secrets)).toEqual([]);
  });

  it('never come to light while everything fails', async () => {
    const broken = await startEchoServer(() => 500);
    onTestFinished(() => broken.close());
    const home = await place.homeWith('secret-failing', '', {
      LOG_LEVEL: 'debug',
      LOG_FORMAT: 'human',
      SMANAGER_SEAL_COORDINATOR_AUTH_TOKEN: token,
    });
    const hidden = (address: string): string => withCredentials(address, user, password);
    const config = {
      ...place.installersFile(home.dataDir, hidden(broken.origin)),
      chain: {
        account: place.ends.account,
        endPoint: [hidden('ws://127.0.0.1:9'), hidden(broken.origin.replace('http', 'ws')), hidden(place.ends.chain)],
      },
      sworker: { endPoint: hidden(broken.origin) },
      ipfs: { endPoint: hidden(broken.origin) },
      sealCoordinator: { endPoint: hidden(broken.origin), nodeUUID: 'node-1' },
    };
    await writeFile(home.configPath, JSON.stringify(config));
    const bot = await home.start();
    await home.eventually('some failed calls', () => broken.asked.length > 5);
    for (const command of [
      ['status'],
      ['status', '--json'],
      ['check'],
      ['reconcile'],
      ['reconcile', '--apply'],
      ['cleanup'],
    ]) {
      await home.smanager(...command);
    }
    await bot.stop();
    expect(await findSecrets(home, secrets)).toEqual([]);
  });

  it.each([
    [
      'a token of the wrong form',
      (least: JsonObject) => ({
        ...least,
        sealCoordinator: { endPoint: 'http://h', nodeUUID: 'n', authToken: [token] },
      }),
    ],
    [
      'a token under a misspelt name',
      (least: JsonObject) => ({ ...least, sealCoordinator: { endPoint: 'http://h', authTokn: token } }),
    ],
    [
      'credentials in an address of the wrong kind',
      (least: JsonObject) => ({ ...least, ipfs: { endPoint: withCredentials('ftp://h', user, password) } }),
    ],
    [
      'a file that breaks off in the middle of a token',
      (least: JsonObject) => JSON.stringify({ ...least, authToken: token }).replace(/authToken":"/u, '$&\n'),
    ],
  ])('never come to light in the refusal of %s', async (what, change) => {
    const home = await place.homeWith(`secret ${what}`, '', { SMANAGER_SEAL_COORDINATOR_AUTH_TOKN: token });
    await mkdir(home.dataDir);
    const content = change(place.leastFile(home.dataDir));
    await writeFile(home.configPath, typeof content === 'string' ? content : JSON.stringify(content));
    expect((await refusal(home)).code).toBe(78);
    expect((await home.smanager('check')).code).toBe(78);
    expect(await findSecrets(home, secrets)).toEqual([]);
  });
});
