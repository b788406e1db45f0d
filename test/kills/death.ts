import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { BotExit, BotProcess } from '../../devnet/world/bot-process.ts';
import { ownSchema, schemaOf } from '../../src/store/schema.ts';
import { inSworker } from '../support/e2e/daemon.ts';
import type { BesideReader } from '../support/raw-database.ts';
import type { Arena } from './arena.ts';
import type { Signs } from './phases.ts';
import { isHalfway, readBackfill } from './wal-index.ts';

/** What stood at the start of a life, so that its end can be told from those before it. */
export interface Birth {
  readonly startedMs: number;
  readonly isOld: boolean;
  readonly headBlock: number;
  /** Pulls that had been begun, by CID. */
  readonly begun: ReadonlyMap<string, number>;
  readonly backups: ReadonlySet<string>;
}

/** What only the moment of the kill shows. */
export interface Death {
  readonly exit: BotExit;
  readonly pulling: number;
  /** Backups that were made in this life. */
  readonly backups: readonly string[];
  /** Copies that were begun in this life and are not whole. */
  readonly copies: readonly string[];
  /** Process ids of the bot's own child processes. */
  readonly children: readonly number[];
}

export function noteBirth({ world, pins, backups }: Arena, isOld: boolean): Birth {
  return {
    startedMs: Date.now(),
    isOld,
    headBlock: world.chain.finalized.number,
    begun: new Map(pins.begun),
    backups: new Set(readdirSync(backups)),
  };
}

/** Kills the bot, and whoever is to die with it, at this moment. */
export async function kill(
  { pins, backups }: Arena,
  birth: Birth,
  bot: BotProcess,
  others: readonly BotProcess[],
): Promise<Death> {
  const names = readdirSync(backups).filter((name) => !birth.backups.has(name));
  const moment = {
    pulling: pins.pulling.size,
    children: childrenOf(bot.pid),
    backups: names.filter((name) => name.endsWith('.sqlite')),
    copies: names.filter((name) => name.endsWith('.partial')),
  };
  await Promise.all([bot, ...others].map(async (each) => await each.kill()));
  return { exit: await bot.exited, ...moment };
}

function childrenOf(pid: number | undefined): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code))) return [];
    throw error;
  }
}

/** Before anybody opens the database: see `readBackfill`. */
export async function diedCheckpointing({ home }: Arena): Promise<boolean> {
  try {
    const backfill = readBackfill(await readFile(`${home.databaseFile}-shm`));
    return backfill !== undefined && isHalfway(backfill);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

interface Known {
  readonly birth: Birth;
  readonly death: Death;
  readonly isCheckpointing: boolean;
  /** The daemon was asked to collect garbage in this life. */
  readonly hasCollected: boolean;
}

export async function readSigns({ world, pins }: Arena, reader: BesideReader, known: Known): Promise<Signs> {
  const { birth, death } = known;
  const steps = await reader.rows<{ name: string }>('SELECT name FROM knex_migrations');
  const running = await reader.rows<{ cid: string; startedMs: number }>(
    "SELECT cid, started_ms AS startedMs FROM pin_record WHERE status = 'running'",
  );
  const hasBegun = (cid: string): boolean => (pins.begun.get(cid) ?? 0) > (birth.begun.get(cid) ?? 0);
  const own = running.filter(({ startedMs }) => startedMs >= birth.startedMs);
  const [other] = await reader.rows<{ deletions: number; walks: number; cursor: number | null; heldMs: number | null }>(
    `SELECT (SELECT COUNT(*) FROM cleanup_record WHERE status = 'deleting') AS deletions,
       (SELECT COUNT(*) FROM walk WHERE status = 'running') AS walks,
       (SELECT content ->> 'block' FROM config WHERE name = 'event-cursor') AS cursor,
       (SELECT content ->> 'heldSinceMs' FROM config WHERE name = 'gc') AS heldMs`,
  );
  return {
    isOldAndBackedUp: birth.isOld && death.backups.some((name) => name.endsWith('.before-migration.sqlite')),
    isMigrated: schemaOf(steps.map(({ name }) => name)) === ownSchema,
    copiesUnderWay: death.copies.length,
    isCheckpointing: known.isCheckpointing,
    deletions: other?.deletions ?? 0,
    sealedUnwritten: own.filter(({ cid }) => hasBegun(cid) && inSworker(world, cid) === 'valid').length,
    claimed: own.filter(({ cid }) => !hasBegun(cid)).length,
    isCollecting: known.hasCollected && other?.heldMs !== null && other?.heldMs !== undefined,
    pulling: death.pulling,
    isWalking: (other?.walks ?? 0) > 0,
    blocksBehind: other?.cursor === null || other?.cursor === undefined ? 0 : birth.headBlock - other.cursor,
  };
}
