import { readdir } from 'node:fs/promises';
import type { BotProcess } from '../../devnet/world/bot-process.ts';
import { SECOND_MS } from '../../src/domain/units.ts';
import { contentHash, hashOnDisk, inSworker, isPinned, pinnedRoots } from '../support/e2e/daemon.ts';
import { findSecrets, waysSecrets } from '../support/e2e/secrets.ts';
import { openReader } from '../support/raw-database.ts';
import type { Arena } from './arena.ts';
import { brokenDatabase } from './remains.ts';

const hourBlocks = 600;
/** Some orders wait for an hour: those whose pulls were often interrupted, and files ordered again before their deletion was reported. */
const mostHours = 8;
const hourMs = 20 * SECOND_MS;
const settledMs = 20 * SECOND_MS;
/** Docker kills after ten seconds. */
const stopWithinMs = 8 * SECOND_MS;
const leftFiles = ['backups', 'smanager-db.copies.lock', 'smanager-db.lock', 'smanager-db.sqlite'];

/** Lets the bot live until everything is as it would be without the kills, stops it, and tells what is not. */
export async function comeToRest(arena: Arena): Promise<readonly string[]> {
  const { home, moments, pace, pins } = arena;
  pins.holdPulls(false);
  const bot = await home.start();
  for (let hour = 0; hour < mostHours && (await unsettled(arena)).length > 0; hour += 1) {
    pace.jump(hourBlocks);
    const endMs = performance.now() + hourMs;
    while (performance.now() < endMs && (await unsettled(arena)).length > 0) await nextBlock(arena);
  }
  const wrong = await unsettled(arena);
  pace.stop();
  // The chain stands still: the bot has yet to read its last blocks.
  let broken = await brokenAtRest(arena);
  const endMs = performance.now() + settledMs;
  while (broken.length > 0 && performance.now() < endMs) {
    await moments.next();
    broken = await brokenAtRest(arena);
  }
  const files = [...(await misplacedFiles(arena)), ...(await countedAttempts(arena))];
  return [...wrong, ...broken, ...files, ...(await brokenEnd(arena, bot))];
}

/** What the bot has still to do; that pins are missing counts when nothing else is open, so that the daemon is not asked all the time. */
async function unsettled(arena: Arena): Promise<readonly string[]> {
  const wrong = await misplaced(arena);
  if (wrong.length > 0) return wrong;
  const pinned = await pinnedRoots(arena.world);
  const held = [...arena.story.expected()].filter(([, standing]) => standing === 'handled');
  return held.filter(([cid]) => !pinned.has(cid)).map(([cid]) => `${cid} is sealed and not pinned`);
}

/** Orders that are not where they belong, and cleanups that are not done. */
async function misplaced({ home, story }: Arena): Promise<readonly string[]> {
  const expected = story.expected();
  const reader = await openReader(home.databaseFile);
  try {
    const rows = await reader.rows<{ cid: string; standing: string }>(
      `SELECT cid, CASE status WHEN 'waiting' THEN 'waiting: ' || verdict ELSE status END AS standing
       FROM file_record WHERE cid IN (SELECT value FROM json_each(?))`,
      [JSON.stringify([...expected.keys()])],
    );
    const open = await reader.rows<{ cid: string; status: string }>(
      "SELECT cid, status FROM cleanup_record WHERE status IN ('seen', 'confirmed', 'deleting')",
    );
    const standings = new Map(rows.map(({ cid, standing }) => [cid, standing]));
    return [
      ...[...expected]
        .filter(([cid, standing]) => standings.get(cid) !== standing)
        .map(([cid, standing]) => `${cid} is ${standings.get(cid) ?? 'unknown'} and not ${standing}`),
      ...open.map(({ cid, status }) => `the cleanup of ${cid} is ${status} still`),
    ];
  } finally {
    await reader.close();
  }
}

async function brokenAtRest(arena: Arena): Promise<readonly string[]> {
  const reader = await openReader(arena.home.databaseFile);
  try {
    return await brokenDatabase(arena, reader, {
      isSettled: true,
      isCleanedUp: true,
      liesSeldom: true,
      isBotUp: true,
    });
  } finally {
    await reader.close();
  }
}

/** What sWorker, the daemon's pins and the bytes on its disk say otherwise than the orders. */
async function misplacedFiles({ world, story }: Arena): Promise<readonly string[]> {
  const wrong: string[] = [];
  const expected = story.expected();
  for (const file of story.files) {
    const isHandled = expected.get(file.cid) === 'handled';
    const [seal, hasPin] = [inSworker(world, file.cid), await isPinned(world, file.cid)];
    if (seal !== (isHandled ? 'valid' : 'nowhere')) wrong.push(`${file.seed} is ${seal} in sWorker`);
    if (hasPin !== isHandled) wrong.push(`${file.seed} is ${hasPin ? '' : 'not '}pinned`);
    if (isHandled && (await hashOnDisk(world, file.cid)) !== contentHash(file)) {
      wrong.push(`${file.seed} has other bytes on disk than were ordered`);
    }
  }
  return [...wrong, ...[...world.sworker.files.pending.keys()].map((cid) => `sWorker seals ${cid} for nobody`)];
}

/** A kill is not the order's fault. */
async function countedAttempts({ home }: Arena): Promise<readonly string[]> {
  const reader = await openReader(home.databaseFile);
  try {
    const pulls = await reader.rows<{ cid: string }>('SELECT cid FROM pin_record WHERE counts_as_attempt = 1');
    const orders = await reader.rows<{ cid: string }>('SELECT cid FROM file_record WHERE attempts > 0');
    return [...pulls, ...orders].map(({ cid }) => `an attempt at ${cid} was counted`);
  } finally {
    await reader.close();
  }
}

/** How it ends when it is asked to, and what it leaves. */
async function brokenEnd(arena: Arena, bot: BotProcess): Promise<readonly string[]> {
  const { home } = arena;
  const { code, ms } = await bot.stop();
  const names = (await readdir(home.dataDir)).toSorted();
  return [
    ...(code === 0 ? [] : [`stopped, the bot ended with ${code}`]),
    ...(ms < stopWithinMs ? [] : [`the bot took ${ms} ms to stop`]),
    ...names.filter((name) => !leftFiles.includes(name)).map((name) => `${name} was left behind`),
    ...(await leftCopies(arena)),
    ...home.errorLines,
    ...(await findSecrets(home, waysSecrets)),
  ];
}

/** The copies that kills have left unfinished are gone once the next one is made. */
async function leftCopies({ home, backups }: Arena): Promise<readonly string[]> {
  const { code, stderr } = await home.smanager('backup');
  const names = (await readdir(backups)).filter((name) => name.includes('.partial'));
  const left = names.map((name) => `${name} was left behind`);
  return code === 0 ? left : [`smanager backup ended with ${code}: ${stderr}`, ...left];
}

async function nextBlock({ moments }: Arena): Promise<void> {
  await new Promise<void>((resolve) => {
    const unsubscribe = moments.on((moment) => {
      if (moment !== 'block') return;
      unsubscribe();
      resolve();
    });
  });
}
