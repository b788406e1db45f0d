import { existsSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { seededBytes } from '../../devnet/ipfs/seeded-bytes.ts';
import type { World } from '../../devnet/world/world.ts';
import { ownSchema, schemaOf } from '../../src/store/schema.ts';
import { readSql } from '../support/raw-database.ts';
import type { Arena } from './arena.ts';
import { lengthenLog } from './long-log.ts';
import { putOldDatabase } from './old-database.ts';
import type { Aim } from './phases.ts';
import type { PlannedKill } from './plan.ts';

const firstOrders = 12;
const freshOrders = 3;
/** More than slots, so that some are claimed before their turn. */
const claimedOrders = 8;
const hourBlocks = 600;
const catchUpBlocks = 320;
/** A close is believed ten blocks later, and the bot must have noted that time. */
const closeBlocks = 20;
const garbageBytes = 6 * 1024 ** 2;

/** What has to come about before a life, so that the bot comes to the aim. */
const stages: Readonly<Record<Aim, (arena: Arena) => Promise<void>>> = {
  walk: async ({ pace }) => pace.jump(hourBlocks),
  'catch-up': async ({ pace }) => pace.jump(catchUpBlocks),
  checkpoint: async ({ home }) => await lengthenLog(home.databaseFile),
  delete: assureClosed,
  claim: async ({ story }) => await story.orderFresh(claimedOrders),
  pull: async ({ story }) => await story.orderFresh(freshOrders),
  seal: async ({ story }) => await story.orderFresh(freshOrders),
  anywhere: async ({ story }) => await story.orderFresh(freshOrders),
  GC: async ({ world }) => await addGarbage(world),
  migrate: async () => undefined,
  backup: async () => undefined,
};

/** Brings the world to where the bot's next life has to come to the aim. Returns what the life's environment says. */
export async function prepare(arena: Arena, { aim, isOld }: PlannedKill): Promise<NodeJS.ProcessEnv> {
  // Between the claim of a pull and the daemon's hearing of it lie a few milliseconds, and no sign of the world.
  arena.pins.holdPulls(aim === 'claim');
  if (isOld) await assureOld(arena);
  else await goOn(arena);
  await stages[aim](arena);
  return aim === 'GC' ? { SMANAGER_GC_THRESHOLD_PERCENT: '1' } : {};
}

/** The first orders are there before the bot is. */
export function beginStory({ story, pace }: Arena): void {
  story.orderSome(firstOrders);
  pace.start();
}

async function schemaInFile({ home }: Arena): Promise<number | undefined> {
  if (!existsSync(home.databaseFile)) return undefined;
  const steps = await readSql<{ name: string }>(home.databaseFile, 'SELECT name FROM knex_migrations');
  return schemaOf(steps.map(({ name }) => name));
}

/** A kill that came too late left a database of today: it has not lived yet and is given up. */
async function assureOld(arena: Arena): Promise<void> {
  const schema = await schemaInFile(arena);
  if (schema !== undefined && schema < ownSchema) return;
  await putOldDatabase(arena.oldDatabase, arena.home.databaseFile);
}

/** Something happens, and a file whose order is closed waits for its end. */
async function goOn(arena: Arena): Promise<void> {
  arena.story.goOn();
  if ((await openCleanups(arena)) === 0) arena.story.closeHeld();
}

/** There is a life with nothing to fear before, when no file is held yet. */
async function assureClosed({ home, pace, story, graceBlocks }: Arena): Promise<void> {
  // Also when another one waits: its order may have come again.
  if (!story.closeHeld()) {
    const bot = await home.start();
    await home.eventually('a file is held', () => story.closeHeld());
    await bot.kill();
  }
  pace.jump(closeBlocks + graceBlocks);
}

async function openCleanups({ home }: Arena): Promise<number> {
  const open = "SELECT 1 FROM cleanup_record WHERE status IN ('seen', 'confirmed', 'deleting')";
  return (await readSql(home.databaseFile, open)).length;
}

/** Blocks that nothing holds, so that there is something to collect. */
async function addGarbage({ ipfs }: World): Promise<void> {
  const form = new FormData();
  form.set('file', new Blob([seededBytes(`garbage ${Date.now()}`, garbageBytes)]));
  const answer = await fetch(`${ipfs.apiUrl}/add?pin=false&progress=false`, { method: 'POST', body: form });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`add answered ${answer.status}: ${text}`);
}

/** Backups by hand are kept for ever: a thousand of them are not wanted. */
export async function removeBackupsByHand({ backups }: Arena): Promise<void> {
  const names = await readdir(backups);
  for (const name of names.filter((each) => each.endsWith('.by-hand.sqlite'))) rmSync(join(backups, name));
}
