import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BotProcess } from '../../devnet/world/bot-process.ts';
import { SECOND_MS } from '../../src/domain/units.ts';
import { says } from '../support/e2e/bot-home.ts';
import { type BesideReader, openReader } from '../support/raw-database.ts';
import type { Arena } from './arena.ts';
import { type Birth, type Death, diedCheckpointing, kill, noteBirth, readSigns } from './death.ts';
import { countedAs } from './phases.ts';
import type { PlannedKill } from './plan.ts';
import { brokenDatabase, brokenLife } from './remains.ts';
import { untilSign } from './sign.ts';
import { prepare, removeBackupsByHand } from './stage.ts';
import type { Outcome } from './totals.ts';

/** One life of the bot, from its preparation to its death as planned, and everything that can be seen of it afterwards. */
export async function live(arena: Arena, plan: PlannedKill): Promise<Outcome> {
  const startedMs = performance.now();
  const env = await prepare(arena, plan);
  const birth = noteBirth(arena, plan.isOld);
  const bot = arena.home.launch(env);
  const calls = noteCalls(arena);
  const commands: BotProcess[] = [];
  const trouble: string[] = [];
  try {
    await untilItsTime(arena, plan, bot, commands);
  } catch (error) {
    trouble.push(error instanceof Error ? error.message : String(error));
  }
  calls.end();
  const death = await kill(arena, birth, bot, plan.killsCommand ? commands : []);
  trouble.push(...(await brokenCommands(arena, commands, birth, plan)));
  const { counted, isInGrace, broken } = await autopsy(arena, plan, {
    birth,
    death,
    hasCollected: calls.made.has('ipfs repo/gc'),
  });
  const defects = [...trouble, ...(await brokenLife(bot, death)), ...broken];
  return { counted, isInGrace, seconds: (performance.now() - startedMs) / SECOND_MS, defects };
}

/** Resolves at the moment of the kill; rejects when the bot ended by itself, or did not come to what the kill waits for. */
async function untilItsTime(arena: Arena, plan: PlannedKill, bot: BotProcess, commands: BotProcess[]): Promise<void> {
  const sign = untilSign(plan, arena.moments);
  const ended = bot.exited.then(({ code, signal }) => {
    throw new Error(`the bot ended by itself with ${code ?? signal} on its way to ${plan.aim}`);
  });
  const backing = plan.aim === 'backup' && !plan.isOld ? backUpBeside(arena, bot, commands) : undefined;
  await Promise.race([Promise.all([sign, backing]), ended]);
  await sleep(plan.delayMs);
}

async function backUpBeside({ home }: Arena, bot: BotProcess, commands: BotProcess[]): Promise<void> {
  await says(bot, ({ text }) => text.includes('Started'));
  commands.push(home.launchCommand('backup'));
}

function noteCalls({ moments }: Arena): { readonly made: ReadonlySet<string>; readonly end: () => void } {
  const made = new Set<string>();
  return { made, end: moments.on((moment) => void made.add(moment)) };
}

/** A backup that was let live is whole, whatever became of the bot beside it. */
async function brokenCommands(
  arena: Arena,
  commands: readonly BotProcess[],
  birth: Birth,
  plan: PlannedKill,
): Promise<readonly string[]> {
  if (commands.length === 0 || plan.killsCommand) return [];
  const codes = await Promise.all(commands.map(async (command) => (await command.exited).code));
  const broken = codes.filter((code) => code !== 0).map((code) => `smanager backup ended with ${code}`);
  const fresh = (await readdir(arena.backups)).filter((name) => !birth.backups.has(name));
  const whole = fresh.filter((name) => name.endsWith('.by-hand.sqlite'));
  if (broken.length === 0 && whole.length !== 1) broken.push(`smanager backup left ${whole.length} backups`);
  for (const name of whole) {
    const reader = await openReader(join(arena.backups, name));
    try {
      const rows = await reader.rows<{ integrity_check: string }>('PRAGMA integrity_check');
      broken.push(...rows.map((row) => row.integrity_check).filter((line) => line !== 'ok'));
    } finally {
      await reader.close();
    }
  }
  await removeBackupsByHand(arena);
  return broken;
}

async function autopsy(
  arena: Arena,
  { aim }: PlannedKill,
  known: { readonly birth: Birth; readonly death: Death; readonly hasCollected: boolean },
): Promise<Pick<Outcome, 'counted' | 'isInGrace'> & { readonly broken: readonly string[] }> {
  const isCheckpointing = await diedCheckpointing(arena);
  const reader = await openReader(arena.home.databaseFile);
  try {
    const signs = await readSigns(arena, reader, { ...known, isCheckpointing });
    return {
      counted: countedAs(aim, signs),
      isInGrace: await hasGrace(arena, reader),
      broken: await brokenDatabase(arena, reader),
    };
  } finally {
    await reader.close();
  }
}

/** Whether a closed file waits for the end of its grace. */
async function hasGrace({ world }: Arena, reader: BesideReader): Promise<boolean> {
  const waiting = "SELECT 1 FROM cleanup_record WHERE status = 'confirmed' AND due_block > ?";
  return (await reader.rows(waiting, [world.chain.finalized.number])).length > 0;
}
