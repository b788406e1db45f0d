import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SealHold } from '../../../devnet/demo/seal-hold.ts';
import { loading, nextDescriptor, setLimit } from '../../support/e2e/beside.ts';
import { Places } from '../../support/e2e/machine-place.ts';

const MIB = 1024 ** 2;
const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

let places: Places;

beforeAll(async () => {
  places = await Places.open(3);
});
afterAll(async () => await places?.close());

describe('no more files may be opened', { concurrent: true }, () => {
  it.each([28, 60, 100])('at the start, with a limit of %i: 75, with the limit named', async (limit) => {
    await places.row(async (place) => {
      const home = await place.home();
      const bot = home.launch({}, ['bash', '-c', `ulimit -n ${limit} && exec "$@"`, 'bash']);
      const { code, said } = await place.ended(bot);
      expect({ code, said }).toEqual({ code: 75, said: expect.stringMatching(/raise the limit of open files/u) });
      expect(await place.wrongAfterStart(home)).toEqual([]);
    });
  });

  it('in the middle of many pulls: none is lost, and all go on when they may again', async () => {
    await places.row(async (place) => {
      const home = await place.home();
      const files = await Promise.all(Array.from({ length: 6 }, () => place.order(MIB)));
      const { faults } = place.world.sworkerServer;
      const { decide } = faults;
      const hold = new SealHold(
        faults,
        files.map(({ cid }) => cid),
      );
      const bot = await home.start();
      await place.within('all pulls stand in the middle', hold.reached);
      await setLimit(bot, 'nofile', await nextDescriptor(bot));
      for (let i = 0; i < 5; i += 1) await place.order();
      await place.blocks(24);
      hold.letGo();
      faults.decide = decide;
      await setLimit(bot, 'nofile', 1024);
      expect(await place.wrong(home)).toEqual([]);
      expect(await home.rows('SELECT 1 FROM pin_record WHERE counts_as_attempt = 1')).toEqual([]);
      expect((await bot.stop()).code).toBe(0);
    });
  });
});

describe('the clock of the machine', { concurrent: true }, () => {
  it('is stepped by an hour and by a year, ahead and back: the bot goes on', async () => {
    await places.row(async (place) => {
      const offset = join(place.world.dir, 'clock-offset');
      await writeFile(offset, '0');
      const home = await place.home({ env: { NODE_OPTIONS: loading('stepped-clock.mjs'), CLOCK_OFFSET: offset } });
      const bot = await home.start();
      await place.says(bot, ({ message }) => message === 'Ready');
      // What was read at another time is old for up to a minute: the simulation waits for that.
      for (const byMs of [HOUR_MS, -HOUR_MS, YEAR_MS, -YEAR_MS, 0]) {
        await writeFile(offset, String(byMs));
        process.kill(bot.pid ?? 0, 'SIGUSR2');
        await place.order();
        await place.blocks(6);
      }
      expect(await place.wrong(home)).toEqual([]);
      expect((await bot.stop()).code).toBe(0);
      expect(home.errorLines).toEqual([]);
    });
  });
});

describe('the process is suspended', { concurrent: true }, () => {
  it('in the middle of pulls, and goes on: nothing is pulled twice, deleted or missed', async () => {
    await places.row(async (place) => {
      const home = await place.home();
      const files = await Promise.all(Array.from({ length: 2 }, () => place.order(MIB)));
      const { faults } = place.world.sworkerServer;
      const { decide } = faults;
      const hold = new SealHold(
        faults,
        files.map(({ cid }) => cid),
      );
      const bot = await home.start();
      await place.within('all pulls stand in the middle', hold.reached);
      process.kill(bot.pid ?? 0, 'SIGSTOP');
      await place.order();
      await place.blocks(28);
      hold.letGo();
      faults.decide = decide;
      process.kill(bot.pid ?? 0, 'SIGCONT');
      expect(await place.wrong(home)).toEqual([]);
      for (const { cid } of files) expect(place.pins.begun.get(cid)).toBe(1);
      expect((await bot.stop()).code).toBe(0);
      expect(home.errorLines).toEqual([]);
    });
  });
});
