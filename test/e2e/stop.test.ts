import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SealHold } from '../../devnet/demo/seal-hold.ts';
import { startWorld, type World } from '../../devnet/world/world.ts';
import { BotHome } from '../support/e2e/bot-home.ts';
import { addSeededFile, contentHash, hashOnDisk, inSworker, isPinned, type SeededFile } from '../support/e2e/daemon.ts';
import { isWithoutKubo, realKubo } from '../support/e2e/real-kubo.ts';
import { SMALL_WORLD } from '../support/e2e/small-world.ts';

const MIB = 1024 ** 2;
/** Docker kills after ten. */
const STOP_WITHIN_MS = 8000;
/** Of the form of a CID, and nobody has it. */
const UNKNOWN_CID = 'bafkreigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi';

interface PullRow {
  readonly status: string;
  /** 1 when it was one of the order's attempts. */
  readonly counts: number | null;
}

describe.skipIf(isWithoutKubo)('a bot that is told to stop', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld({ ...SMALL_WORLD, kubo: realKubo() });
  });
  afterAll(async () => await world?.stop());

  describe.each(['SIGTERM', 'SIGINT'] as const)('by %s in the middle of pulls', (signal) => {
    let home: BotHome;
    let hold: SealHold;
    let files: readonly SeededFile[];

    beforeAll(async () => {
      files = await Promise.all(
        ['first', 'second', 'third'].map((name) => addSeededFile(world, `${name} by ${signal}`, 3 * MIB)),
      );
      const cids = files.map(({ cid }) => cid);
      home = await BotHome.make(world, signal);
      hold = new SealHold(world.sworkerServer.faults, cids);
      for (const file of files) world.order(file);
      world.order({ cid: UNKNOWN_CID, sizeBytes: 3 * MIB });
    });
    afterAll(async () => {
      hold?.letGo();
      await home?.close();
    });

    const pulls = async () =>
      await home.rows<PullRow>(
        "SELECT status, counts_as_attempt AS counts FROM pin_record WHERE cause = 'pull' AND cid <> ? ORDER BY status",
        UNKNOWN_CID,
      );

    it('ends with 0 within 8 s, with the database closed and whole', async () => {
      const bot = await home.start();
      await hold.reached;
      const searches = "SELECT 1 FROM pin_record WHERE cid = ? AND status = 'running'";
      await home.eventually('a pull that waits for its first block', async () => {
        return (await home.rows(searches, UNKNOWN_CID)).length === 1;
      });
      const { code, signal: killedBy, ms } = await bot.stop(signal);
      expect({ code, killedBy }).toEqual({ code: 0, killedBy: null });
      expect(ms).toBeLessThan(STOP_WITHIN_MS);
      expect(bot.lines.at(-1)?.message).toBe('Stopped on request');
      expect(existsSync(`${home.databaseFile}-wal`)).toBe(false);
      expect(await home.rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      for (const { cid } of files) expect(await isPinned(world, cid)).toBe(false);
    });

    it('resumes these pulls at the next start, and counts no attempt', async () => {
      hold.letGo();
      const bot = await home.start();
      await home.eventuallyStand(
        files.map(({ cid }) => cid),
        'handled',
      );
      for (const file of files) {
        expect([inSworker(world, file.cid), await isPinned(world, file.cid)]).toEqual(['valid', true]);
        expect(await hashOnDisk(world, file.cid)).toBe(contentHash(file));
      }
      const ends = await pulls();
      expect(ends.map(({ status }) => status)).toEqual([
        ...files.map(() => 'interrupted'),
        ...files.map(() => 'sealed'),
      ]);
      expect(ends.filter(({ counts }) => counts === 1)).toEqual([]);
      expect(await home.rows('SELECT cid FROM file_record WHERE attempts > 0')).toEqual([]);
      expect((await bot.stop(signal)).code).toBe(0);
      expect(home.errorLines).toEqual([]);
    });
  });

  it('ends as quickly while it waits for a chain that answers nothing', async () => {
    const home = await BotHome.make(world, 'silent');
    try {
      const asked = new Promise<void>((resolve) => {
        world.chainServer.faults = () => {
          resolve();
          return 'drop';
        };
      });
      const bot = home.launch();
      await asked;
      const { code, ms } = await bot.stop();
      expect(code).toBe(0);
      expect(ms).toBeLessThan(STOP_WITHIN_MS);
    } finally {
      world.chainServer.faults = undefined;
      await home.close();
    }
  });
});
