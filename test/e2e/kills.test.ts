import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../devnet/chain/seeded-random.ts';
import { startWorld, type World } from '../../devnet/world/world.ts';
import { brokenInvariants } from '../support/invariants.ts';
import { BotHome } from '../support/e2e/bot-home.ts';
import { contentHash, hashOnDisk, inSworker, isPinned } from '../support/e2e/daemon.ts';
import { drawKill, killAt } from '../support/e2e/kill-plan.ts';
import { Moments } from '../support/e2e/moments.ts';
import { LARGEST_MIB, OrderStory } from '../support/e2e/order-story.ts';
import { Pace } from '../support/e2e/pace.ts';
import { PinWatch } from '../support/e2e/pin-watch.ts';
import { isWithoutKubo, realKubo } from '../support/e2e/real-kubo.ts';
import { BLOCK_INTERVAL_MS, SMALL_WORLD } from '../support/e2e/small-world.ts';

const kills = Number(process.env['KILLS_COUNT'] ?? 30);
const seed = Number(process.env['KILLS_SEED'] ?? Date.now() % 1_000_000);

const FILES = 40;
const ORDERED_BEFORE = 12;
const HOUR_BLOCKS = 600;
const MOST_HOURS = 6;
/** A life takes six seconds at most, and a start and an end around it. */
const HOOK_MS = 180_000 + kills * 10_000;

describe.skipIf(isWithoutKubo)('a bot that is killed again and again', { timeout: 400_000 }, () => {
  let world: World;
  let pace: Pace;
  let pins: PinWatch;
  let moments: Moments;
  let story: OrderStory;
  let home: BotHome;
  /** CIDs that the daemon began to seal while it was sealing them. */
  const sealedTwiceAtOnce: string[] = [];

  beforeAll(async () => {
    console.log(`KILLS_SEED=${seed} KILLS_COUNT=${kills}`);
    const random = new SeededRandom(seed);
    world = await startWorld({
      ...SMALL_WORLD,
      kubo: realKubo(),
      blocks: { kind: 'manual', intervalMs: BLOCK_INTERVAL_MS },
    });
    pace = new Pace(world.chain, BLOCK_INTERVAL_MS);
    pins = await PinWatch.start(new URL(world.ipfs.apiUrl).origin);
    moments = new Moments(world, pins, { sealsSlowly: true });
    const { seals, files } = world.sworker;
    const start = seals.start.bind(seals);
    seals.start = (cid) => {
      if (files.pending.has(cid)) sealedTwiceAtOnce.push(cid);
      return start(cid);
    };
    story = await OrderStory.write(world, random, FILES);
    home = await BotHome.make(world, 'bot', {
      scheduler: { maxPendingTasks: 8, maxFileSize: LARGEST_MIB, deny: { cids: story.denied } },
      others: { ipfs: { endPoint: pins.origin }, cleanup: { graceHours: 0 } },
    });
    story.orderSome(ORDERED_BEFORE);
    pace.start();

    const lives: string[] = [];
    for (let i = 0; i < kills; i += 1) {
      const plan = drawKill(random);
      const bot = home.launch();
      const dead = killAt(plan, moments, () => void bot.kill());
      if (random.fraction() < 0.5) story.goOn();
      await dead;
      const exit = await bot.exited;
      if (exit.signal !== 'SIGKILL')
        throw new Error(`life ${i} (${plan.text}) ended by itself: ${home.printed.slice(-2000)}`);
      lives.push(plan.text);
      story.goOn();
    }
    console.log(`killed at: ${lives.join(', ')}`);
    story.orderSome(FILES + 1);
    await home.start();
    await everyOrderStands();
    pace.stop();
  }, HOOK_MS);
  afterAll(async () => {
    await home?.close();
    pace?.stop();
    await pins?.close();
    await world?.stop();
  });

  it('has every order where it would be without the kills', async () => {
    expect(await home.standings()).toEqual(story.expected());
    const expected = story.expected();
    for (const file of story.files.filter(({ cid }) => expected.get(cid) === 'handled')) {
      const found = [inSworker(world, file.cid), await hashOnDisk(world, file.cid)];
      expect(found, file.seed).toEqual(['valid', contentHash(file)]);
    }
    for (const { cid, seed: name } of story.files.filter((file) => expected.get(file.cid) !== 'handled')) {
      expect([inSworker(world, cid), await isPinned(world, cid)], name).toEqual(['nowhere', false]);
    }
    expect(world.sworker.files.pending.size).toBe(0);
  });

  it('pulled no file twice at once', () => {
    expect(pins.twice).toEqual([]);
    expect(sealedTwiceAtOnce).toEqual([]);
  });

  it('was killed in the middle of pulls, and counted no attempt for it', async () => {
    const [ends] = await home.rows<{ interrupted: number; counted: number }>(
      "SELECT SUM(status = 'interrupted') AS interrupted, SUM(counts_as_attempt = 1) AS counted FROM pin_record",
    );
    expect(ends?.interrupted).toBeGreaterThan(0);
    expect(ends?.counted ?? 0).toBe(0);
    expect(await home.rows('SELECT cid FROM file_record WHERE attempts > 0')).toEqual([]);
  });

  it('left a database in which everything fits together', async () => {
    const view = {
      chain: world.chain,
      rows: async <T>(sql: string, ...bindings: readonly unknown[]) =>
        await home.rows<T>(sql, ...(bindings as (string | number)[])),
      isBotUp: true,
      pulling: [...pins.pulling],
      pullsBegun: pins.begun,
      seen: [],
    };
    let broken: readonly string[] = [];
    const isWhole = async (): Promise<boolean> => {
      broken = await brokenInvariants(view, { isSettled: true });
      return broken.length === 0;
    };
    // The chain stands still: the bot has yet to read its last blocks.
    const timeout = AbortSignal.timeout(20_000);
    while (!(await isWhole()) && !timeout.aborted) await moments.next();
    expect(broken).toEqual([]);
    expect(await home.rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(await home.rows('PRAGMA foreign_key_check')).toEqual([]);
  });

  it('logged no error in any of its lives', () => {
    expect(home.errorLines).toEqual([]);
  });

  /** Some orders wait for an hour: those whose pulls were often interrupted, and files ordered again before their deletion was reported. */
  async function everyOrderStands(): Promise<void> {
    for (let hours = 0; ; hours += 1) {
      pace.jump(HOUR_BLOCKS);
      try {
        return await home.eventually('every order in its place', stands, 20_000);
      } catch (error) {
        if (hours === MOST_HOURS) throw error;
      }
    }
  }

  async function stands(): Promise<boolean> {
    const [expected, standings] = [story.expected(), await home.standings()];
    const open = await home.rows("SELECT 1 FROM cleanup_record WHERE status IN ('seen', 'confirmed', 'deleting')");
    return open.length === 0 && [...expected].every(([cid, standing]) => standings.get(cid) === standing);
  }
});
