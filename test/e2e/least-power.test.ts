import { execFile } from 'node:child_process';
import { chown, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BotProcess, runBotCommand } from '../../devnet/world/bot-process.ts';
import { ConfiguredWorld } from '../support/e2e/configured-world.ts';
import { addSeededFile } from '../support/e2e/daemon.ts';
import { ImageHome, imageUser, isWithoutRoot } from '../support/e2e/image.ts';

const MIB = 1024 ** 2;
const STOP_WITHIN_MS = 8000;
const run = promisify(execFile);

let place: ConfiguredWorld;

beforeAll(async () => {
  place = await ConfiguredWorld.start();
});
afterAll(async () => await place?.close());

async function powers(bot: BotProcess): Promise<Readonly<Record<string, string>>> {
  const status = await readFile(`/proc/${bot.pid}/status`, 'utf8');
  const lines = status.split('\n').map((line) => line.split(':', 2).map((part) => part.trim().replaceAll('\t', ' ')));
  return Object.fromEntries(lines.filter(([name]) => name !== undefined)) as Record<string, string>;
}

/** Name, owner and mode of every file of the data directory. */
async function filesOf(image: ImageHome): Promise<readonly { name: string; owner: number; mode: number }[]> {
  const names = (await readdir(image.home.dataDir)).toSorted();
  return await Promise.all(
    names.map(async (name) => {
      const { uid, mode } = await stat(join(image.home.dataDir, name));
      return { name, owner: uid, mode: mode & 0o777 };
    }),
  );
}

const itsOwn = [
  'smanager-db.lock',
  'smanager-db.lock-journal',
  'smanager-db.sqlite',
  'smanager-db.sqlite-shm',
  'smanager-db.sqlite-wal',
];

describe.skipIf(isWithoutRoot)('in the layout of the image', () => {
  async function seals(image: ImageHome, name: string): Promise<BotProcess> {
    const file = await addSeededFile(place.world, name, MIB);
    place.world.order(file);
    const bot = await image.home.start();
    await image.home.eventuallyStand([file.cid], 'handled');
    return bot;
  }

  async function isHealthy(image: ImageHome): Promise<boolean> {
    const options = { configPath: image.home.configPath, program: image.beside('smanager') };
    return (await runBotCommand(options, ['status', '--alive'])).code === 0;
  }

  it('works by our compose file: without root, without capabilities, with nothing to write to but its data', async () => {
    const image = await ImageHome.make(place.world, 'least', {
      least: true,
      config: place.installersFile('', 'http://127.0.0.1:9'),
    });
    await chown(image.home.dataDir, imageUser, imageUser);
    const [look, ...words] = image.beside(
      ...'find / ( -path /proc -o -path /dev ) -prune -o -writable ! -type l -print'.split(' '),
    );
    // It complains of folders that it may not read.
    const { stdout } = await run(look ?? '', words).catch((error: { stdout: string }) => error);
    expect(stdout.trim().split('\n').toSorted()).toEqual(['/data', '/tmp']);

    const bot = await seals(image, 'least');
    const own = await powers(bot);
    expect(own).toMatchObject({
      Uid: Array.from({ length: 4 }, () => imageUser).join(' '),
      Groups: '',
      NoNewPrivs: '1',
    });
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(own[set]).toMatch(/^0+$/u);
    expect(await isHealthy(image)).toBe(true);
    expect(await filesOf(image)).toEqual(itsOwn.map((name) => ({ name, owner: imageUser, mode: 0o600 })));

    const stopped = await bot.stop();
    expect(stopped.code).toBe(0);
    expect(stopped.ms).toBeLessThan(STOP_WITHIN_MS);
    expect(image.home.errorLines).toEqual([]);
    const left = await filesOf(image);
    expect(left).toEqual(
      ['smanager-db.lock', 'smanager-db.sqlite'].map((name) => ({ name, owner: imageUser, mode: 0o600 })),
    );
  });

  it("works by today's compose file: started as root on root's data, it takes the data over and drops root", async () => {
    const image = await ImageHome.make(place.world, 'usual', {
      least: false,
      config: place.installersFile('', 'http://127.0.0.1:9'),
    });
    await writeFile(join(image.home.dataDir, 'crust-api-error.log'), 'of the old bot\n', { mode: 0o644 });
    const bot = await seals(image, 'usual');
    const own = await powers(bot);
    expect(own).toMatchObject({ Uid: Array.from({ length: 4 }, () => imageUser).join(' '), NoNewPrivs: '1' });
    expect(own['CapEff']).toMatch(/^0+$/u);
    // As root, by `docker exec`: nothing that it makes may shut the bot out.
    expect(await isHealthy(image)).toBe(true);
    expect((await bot.stop()).code).toBe(0);
    expect(await isHealthy(image)).toBe(true);
    const again = await seals(image, 'usual again');
    const files = await filesOf(image);
    expect(files.every(({ owner }) => owner === imageUser)).toBe(true);
    expect(files.filter(({ mode }) => (mode & 0o137) !== 0).map(({ name }) => name)).toEqual(['crust-api-error.log']);
    expect((await again.stop()).code).toBe(0);
    expect(image.home.errorLines).toEqual([]);
  });
});
