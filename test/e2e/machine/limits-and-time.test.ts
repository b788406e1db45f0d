import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BotProcess } from '../../../devnet/world/bot-process.ts';
import { nextDescriptor, setLimit, SteppedClock } from '../../support/e2e/beside.ts';
import type { BotHome } from '../../support/e2e/bot-home.ts';
import type { MachinePlace } from '../../support/e2e/machine-place.ts';
import { Places } from '../../support/e2e/places.ts';
import { StandingPulls } from '../../support/e2e/standing-pulls.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;
/** What is old after a minute is old after a second. */
const QUICK_MINUTES = { blocks: { kind: 'real', intervalMs: 6000 }, clock: { factor: 60 } } as const;
/** A block stands for a minute, so that a day is soon made; and the bot's own minute is over in three seconds. */
const MINUTE_BLOCKS = { blocks: { kind: 'manual', intervalMs: 60_000 }, clock: { factor: 20 } } as const;

let places: Places;

beforeAll(async () => {
  places = await Places.open(3);
});
afterAll(async () => await places?.close());

describe('no more files may be opened', { concurrent: true }, () => {
  it.each([28, 160, 300])('at the start, with a limit of %i: 75, with the limit named', async (limit) => {
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
      const pulls = await StandingPulls.order(place, 6);
      const bot = await home.start();
      await pulls.stand();
      await setLimit(bot, 'nofile', await nextDescriptor(bot));
      for (let i = 0; i < 5; i += 1) await place.order();
      await place.blocks(12);
      await setLimit(bot, 'nofile', 1024);
      await place.recovers(home, bot);
      pulls.letGo();
      expect(await place.wrong(home)).toEqual([]);
      expect(await home.rows('SELECT 1 FROM pin_record WHERE counts_as_attempt = 1')).toEqual([]);
      expect((await bot.stop()).code).toBe(0);
    });
  });
});

describe('the clock of the machine', { concurrent: true }, () => {
  it('is stepped by an hour and by a year, ahead and back: new orders are taken after each step', async () => {
    await places.rowIn(QUICK_MINUTES, async (place) => {
      const { clock, home } = await steppedHome(place);
      const bot = await home.start();
      await place.says(bot, ({ message }) => message === 'Ready');
      for (const byMs of [HOUR_MS, -HOUR_MS, YEAR_MS, -YEAR_MS]) {
        await clock.step(bot, byMs / QUICK_MINUTES.clock.factor);
        await place.handles(home, await place.order());
      }
      await clock.step(bot, 0);
      expect(await place.wrong(home)).toEqual([]);
      expect((await bot.stop()).code).toBe(0);
      expect(home.errorLines).toEqual([]);
    });
  });
});

/** A home whose bots go by a clock that can be stepped. */
async function steppedHome(place: MachinePlace): Promise<{ home: BotHome; clock: SteppedClock }> {
  const clock = await SteppedClock.make(place.world.dir);
  return { clock, home: await place.home({ env: clock.env }) };
}

describe('the process is suspended', { concurrent: true }, () => {
  it('in the middle of pulls, and goes on: nothing is pulled twice, deleted or missed', async () => {
    await places.row(async (place) => {
      const home = await place.home();
      const pulls = await StandingPulls.order(place, 2);
      const bot = await home.start();
      await pulls.stand();
      process.kill(bot.pid ?? 0, 'SIGSTOP');
      await place.order();
      await place.blocks(12);
      pulls.letGo();
      process.kill(bot.pid ?? 0, 'SIGCONT');
      expect(await place.wrong(home)).toEqual([]);
      await expectPulledOnce(place, { home, bot, pulls });
    });
  });

  it('for a day of chain and clock, and goes on', async () => {
    await places.rowIn(MINUTE_BLOCKS, async (place) => {
      const { clock, home } = await steppedHome(place);
      const pulls = await StandingPulls.order(place, 2);
      const bot = await home.start();
      await pulls.stand();
      process.kill(bot.pid ?? 0, 'SIGSTOP');
      await place.order();
      place.world.chain.advance(DAY_MS / MINUTE_BLOCKS.blocks.intervalMs);
      await clock.step(bot, DAY_MS / MINUTE_BLOCKS.clock.factor);
      process.kill(bot.pid ?? 0, 'SIGCONT');
      pulls.letGo();
      expect(await place.wrong(home)).toEqual([]);
      await expectPulledOnce(place, { home, bot, pulls });
    });
  });

  async function expectPulledOnce(
    place: MachinePlace,
    { home, bot, pulls }: { home: BotHome; bot: BotProcess; pulls: StandingPulls },
  ): Promise<void> {
    for (const cid of pulls.cids) expect(place.pins.begun.get(cid)).toBe(1);
    expect((await bot.stop()).code).toBe(0);
    expect(home.errorLines).toEqual([]);
  }
});
