import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SeededRandom } from '../../devnet/chain/seeded-random.ts';
import { storyOptions, tellFaultStory } from '../support/sim/fault-story.ts';
import { newWorld } from '../support/sim/new-world.ts';
import { SimWorld } from '../support/sim/sim-world.ts';

const kills = 4;
const seeds = Array.from({ length: 30 }, (_, i) => i + 1);

let usual: SimWorld;
let usualStatuses: ReadonlyMap<string, string>;

beforeAll(async () => {
  usual = await SimWorld.create(storyOptions);
  await tellFaultStory(usual);
  usualStatuses = await usual.statuses();
});

afterAll(async () => await usual.close());

/** Lets a world's bots die: every other one at any moment of its life, the others soon after they have asked for something that has an effect. */
function plant(world: SimWorld, deaths: { readonly seed: number; readonly steps: number }): void {
  const random = new SeededRandom(deaths.seed);
  let left = kills;
  world.isSupervised = true;
  world.onBotStart = (bot) => {
    // Early moments often, late ones too: the third power puts half of the deaths into the first eighth of a life.
    if (left > 0 && left % 2 === 0) bot.life.diesAtStep = 1 + Math.floor(deaths.steps * random.fraction() ** 3);
    if (left % 2 === 0) left -= 1;
  };
  const { onSent } = world.desk;
  world.desk.onSent = (call) => {
    onSent?.(call);
    const hasEffect = /pin\/add|pin\/rm|repo\/gc|POST|DELETE/u.test(call.name);
    const life = world.bot?.life;
    if (!hasEffect || life === undefined || left <= 0 || life.diesAtStep < Infinity || random.fraction() < 0.5) return;
    life.diesAtStep = life.steps + random.between(1, 40);
    left -= 1;
  };
}

describe('A bot that is killed at random moments and started again', () => {
  test.each(seeds)('ends where it would have ended without (seed %i)', async (seed) => {
    const world = await newWorld(storyOptions);
    plant(world, { seed, steps: usual.bot?.life.steps ?? 0 });
    const { kept, closed } = await tellFaultStory(world);
    expect(world.endings.length).toBeGreaterThan(0);
    expect(new Set(world.endings)).toEqual(new Set(['killed']));
    expect(await world.statuses()).toEqual(usualStatuses);
    expect(new Set(world.watch.deletions)).toEqual(new Set([closed]));
    for (const cid of kept) expect(world.sworker.files.find(cid)?.state).toBe('valid');
    expect(world.sworker.files.pending.size).toBe(0);
    expect([...world.coordinator.granted].sort()).toEqual([...kept].sort());
  });

  test('has run the same history twice for one seed', async () => {
    const histories = [];
    for (let run = 0; run < 2; run += 1) {
      const world = await newWorld(storyOptions);
      plant(world, { seed: 7, steps: usual.bot?.life.steps ?? 0 });
      await tellFaultStory(world);
      const orders = await world.rows(
        'SELECT cid, status, verdict, decided_block, read_block, turn_block FROM file_record ORDER BY id',
      );
      const pins = await world.rows(
        'SELECT cid, status, started_ms, sealed_ms, updated_ms FROM pin_record ORDER BY id',
      );
      const lines = world.logger.lines.map(({ level, message }) => `${level} ${message}`);
      histories.push({
        head: world.head,
        steps: world.bot?.life.steps,
        calls: [...world.desk.counts],
        orders,
        pins,
        lines,
      });
    }
    expect(histories[1]).toEqual(histories[0]);
  });
});
