import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileInfo } from '../../devnet/chain/model-files.ts';
import { closeOnChain, endPaidTime } from '../../devnet/demo/endings.ts';
import type { BotLine, BotProcess } from '../../devnet/world/bot-process.ts';
import { startWorld, type World } from '../../devnet/world/world.ts';
import { BotHome } from '../support/e2e/bot-home.ts';
import {
  addSeededFile,
  collectGarbage,
  contentHash,
  hashOnDisk,
  inSworker,
  isPinned,
  type SeededFile,
} from '../support/e2e/daemon.ts';
import { isWithoutKubo, realKubo } from '../support/e2e/real-kubo.ts';
import { SMALL_WORLD } from '../support/e2e/small-world.ts';

const KIB = 1024;
const MIB = 1024 ** 2;
/** The grace is twelve seconds of blocks. */
const GRACE_BLOCKS = 48;
const HOUR_BLOCKS = 600;

describe.skipIf(isWithoutKubo)('an order on its way through the bot and a real daemon', { timeout: 240_000 }, () => {
  let world: World;
  let home: BotHome;
  let bot: BotProcess;
  let files: readonly SeededFile[];
  const named = (seed: string): SeededFile => {
    const file = files.find((one) => one.seed === seed);
    if (file === undefined) throw new Error(`no file ${seed}`);
    return file;
  };

  beforeAll(async () => {
    world = await startWorld({ ...SMALL_WORLD, kubo: realKubo() });
    files = [
      await addSeededFile(world, 'one block', 7 * KIB),
      await addSeededFile(world, 'one raw block', 9 * KIB, 1),
      await addSeededFile(world, 'kept', 3 * MIB),
      await addSeededFile(world, 'over', 5 * MIB, 1),
      // More blocks than one node links to.
      await addSeededFile(world, 'two levels', 50 * MIB),
      await addSeededFile(world, 'ordered again', 2 * MIB),
    ];
    home = await BotHome.make(world, 'bot', { others: { cleanup: { graceHours: GRACE_BLOCKS / HOUR_BLOCKS } } });
    const [early, late] = [files.slice(0, 3), files.slice(3)];
    for (const file of early) world.order(file);
    bot = await home.start();
    for (const file of late) world.order(file);
    await home.eventuallyStand(
      files.map(({ cid }) => cid),
      'handled',
    );
  });
  afterAll(async () => {
    await home?.close();
    await world?.stop();
  });

  it('brings the bytes of every order to its own disk', async () => {
    for (const file of files) expect(await hashOnDisk(world, file.cid), file.seed).toBe(contentHash(file));
  });

  it('has every file sealed and pinned', async () => {
    for (const { cid, seed } of files) {
      expect([inSworker(world, cid), await isPinned(world, cid)], seed).toEqual(['valid', true]);
    }
    expect(world.sworker.files.pending.size).toBe(0);
  });

  it('is credited on chain for every file', async () => {
    const { account } = world.network;
    const isCredited = ({ cid }: SeededFile) => fileInfo(world.chain, cid)?.replicas.some(({ who }) => who === account);
    await home.eventually('a replica of every file', () => files.every(isCredited));
    expect(files.filter((file) => fileInfo(world.chain, file.cid)?.replicas.length !== 1)).toEqual([]);
  });

  it('keeps what expired until it closes, lets go of it after the grace, and garbage collection frees its blocks', async () => {
    const [over, again, renewed] = [named('over'), named('ordered again'), named('kept')];
    endPaidTime(world.chain, renewed.cid);
    closeOnChain(world.chain, over.cid);
    closeOnChain(world.chain, again.cid);
    const dueBlock = await confirmed(over.cid);
    await confirmed(again.cid);
    expect([inSworker(world, over.cid), inSworker(world, again.cid)]).toEqual(['valid', 'valid']);
    world.order(again);

    await home.eventuallyStand([over.cid], 'closed');
    await home.eventually('the end of the cleanup', async () => (await cleanupOf(over.cid)) === 'done');
    expect(world.chain.finalized.number).toBeGreaterThanOrEqual(dueBlock);
    expect([inSworker(world, over.cid), await isPinned(world, over.cid)]).toEqual(['nowhere', false]);

    const freed = await collectGarbage(world);
    expect(freed.length).toBeGreaterThanOrEqual(over.contentBytes / (256 * KIB));
    expect(await hashOnDisk(world, over.cid)).toBeUndefined();

    expect((await home.standings()).get(again.cid)).toBe('handled');
    expect(await cleanupOf(again.cid)).toBe('cancelled');
    for (const file of files.filter((one) => one !== over)) {
      expect([inSworker(world, file.cid), await isPinned(world, file.cid)], file.seed).toEqual(['valid', true]);
      expect(await hashOnDisk(world, file.cid), file.seed).toBe(contentHash(file));
    }
  });

  it('does all of it without one error in the log, and ends at once when told to', async () => {
    const { code, ms } = await bot.stop();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(8000);
    expect(home.errorLines).toEqual([]);
  });

  /** Waits for the confirmation of a close; the block at which its grace ends. */
  async function confirmed(cid: string): Promise<number> {
    const isIt = ({ message, fields }: BotLine) => message === 'Close confirmed' && fields['cid'] === cid;
    const { fields } = await bot.waitFor(isIt, AbortSignal.timeout(60_000));
    expect(Number(fields['dueBlock']) - Number(fields['confirmedBlock'])).toBe(GRACE_BLOCKS);
    return Number(fields['dueBlock']);
  }

  async function cleanupOf(cid: string): Promise<string | undefined> {
    const sql = 'SELECT status FROM cleanup_record WHERE cid = ? ORDER BY id DESC LIMIT 1';
    return (await home.rows<{ status: string }>(sql, cid))[0]?.status;
  }
});
