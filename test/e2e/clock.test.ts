import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChainModel } from '../../devnet/chain/model.ts';
import { ChainRpc } from '../../devnet/chain/rpc.ts';
import { ChainServer } from '../../devnet/chain/server.ts';
import { startWorld, type World } from '../../devnet/world/world.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/units.ts';
import { BotHome, says } from '../support/e2e/bot-home.ts';
import { addSeededFile, inSworker } from '../support/e2e/daemon.ts';
import { SMALL_WORLD } from '../support/e2e/small-world.ts';

/** Five seconds are half an hour. */
const factor = 360;
const offsetMs = 400 * DAY_MS;

interface ChainTime {
  readonly atMs: number;
  readonly blockTimestampMs: number;
}

describe('a bot that goes by the time of its world', { timeout: 120_000 }, () => {
  let world: World;
  let home: BotHome;

  beforeAll(async () => {
    const blocks = { kind: 'real', intervalMs: 6 * SECOND_MS } as const;
    world = await startWorld({ ...SMALL_WORLD, blocks, clock: { factor, offsetMs } });
    home = await BotHome.make(world, 'bot');
  });
  afterAll(async () => {
    await home?.close();
    await world?.stop();
  });

  const chainTime = async (): Promise<ChainTime> => {
    const [row] = await home.rows<{ content: string }>("SELECT content FROM config WHERE name = 'chain-time'");
    return JSON.parse(row?.content ?? '{}') as ChainTime;
  };

  it('agrees with the chain about the time, more than a year ahead of the machine, and works', async () => {
    const file = await addSeededFile(world, 'ordered', 9000);
    world.order(file);
    const bot = await home.start(world.clock.botEnvironment());
    await says(bot, ({ message }) => message === 'Ready');
    await home.eventuallyStand([file.cid], 'handled');
    expect(inSworker(world, file.cid)).toBe('valid');
    const { atMs, blockTimestampMs } = await chainTime();
    expect(atMs - Date.now()).toBeGreaterThan(400 * DAY_MS);
    // What a slow machine needs to ask is a minute or two by this clock.
    expect(Math.abs(atMs - blockTimestampMs)).toBeLessThan(10 * MINUTE_MS);
    expect((await bot.stop()).code).toBe(0);
    expect(home.errorLines).toEqual([]);
  });

  it('goes on where it was after a restart, and ends with 75 when the chain has been away for half an hour: seconds', async () => {
    const { atMs: before } = await chainTime();
    const bot = await home.start(world.clock.botEnvironment());
    await says(bot, ({ message }) => message === 'Ready');
    await home.eventually('a newer time', async () => (await chainTime()).atMs > before);
    const awaySinceMs = performance.now();
    world.chainServer.faults = () => 'drop';
    world.chainServer.closeAll();
    expect(await bot.exited).toEqual({ code: 75, signal: null });
    const awayMs = performance.now() - awaySinceMs;
    expect(awayMs).toBeGreaterThanOrEqual((30 * MINUTE_MS) / factor);
    expect(awayMs).toBeLessThan(20 * SECOND_MS);
    const end = bot.lines.findLast(({ message }) => message === 'The bot ends');
    const away = /^chain has been away for (\d+) minutes/u.exec(String(end?.fields['error']));
    expect(Number(away?.[1])).toBeGreaterThanOrEqual(30);
  });

  it('is refused on another chain: nothing is written, and a person is told what to do', async () => {
    const other = new ChainModel({ name: 'no devnet' });
    const server = await ChainServer.listen(new ChainRpc(other));
    try {
      const refused = await BotHome.make(world, 'refused', { env: world.clock.botEnvironment() });
      const bot = refused.launch({ SMANAGER_CHAIN_END_POINT: server.url });
      expect(await bot.exited).toEqual({ code: 78, signal: null });
      expect(refused.printed).toMatch(/SMANAGER_DEVNET_CLOCK_FACTOR .* for the devnet only.* take them out/u);
      expect(existsSync(refused.dataDir)).toBe(false);
    } finally {
      await server.close();
    }
  });
});
