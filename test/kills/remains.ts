import { existsSync } from 'node:fs';
import type { BotProcess } from '../../devnet/world/bot-process.ts';
import { HOUR_BLOCKS } from '../../src/domain/units.ts';
import { ownSchema, schemaOf } from '../../src/store/schema.ts';
import { filesView } from '../support/e2e/world-view.ts';
import type { InvariantView } from '../support/invariant-view.ts';
import { brokenInvariants, type Settled } from '../support/invariants.ts';
import type { BesideReader } from '../support/raw-database.ts';
import { type Arena, maxPendingTasks, maxPercentPerDay } from './arena.ts';
import type { Death } from './death.ts';
import { lostPastOrders } from './old-database.ts';

/** A child process hears of its parent's death by a pipe that breaks. */
const orphanMs = 5_000;
const orphanLookMs = 50;

/** What the invariants are asked of: the database as it lies there, beside what the world has seen. */
function viewOf(arena: Arena, reader: BesideReader, isBotUp: boolean): InvariantView {
  const { world, pins, story, watch, sealedTwice } = arena;
  const wanted = story.files.filter(({ standing }) => standing === 'handled').map(({ cid }) => cid);
  return {
    ...filesView(world, wanted),
    rows: async <T>(sql: string, ...bindings: readonly unknown[]) => await reader.rows<T>(sql, bindings),
    isBotUp,
    pulling: [...pins.pulling],
    pullsBegun: pins.begun,
    closes: watch.closes,
    seen: [...watch.violations, ...sealedTwice, ...pins.wrong],
    lettingGo: watch.lettingGo,
    deleted: watch.deleted,
    maxPercentPerDay,
    // The world makes an hour of blocks at once.
    headLeadBlocks: 2 * HOUR_BLOCKS,
    maxPendingTasks,
  };
}

/** What does not hold in a database that a killed bot left. One of an older schema is looked at for what every schema has. */
export async function brokenDatabase(
  arena: Arena,
  reader: BesideReader,
  settled: Settled & { readonly isBotUp?: boolean } = {},
): Promise<readonly string[]> {
  const damage = await reader.rows<{ integrity_check: string }>('PRAGMA integrity_check');
  const dangling = await reader.rows<{ table: string }>('PRAGMA foreign_key_check');
  const steps = await reader.rows<{ name: string }>('SELECT name FROM knex_migrations');
  const schema = schemaOf(steps.map(({ name }) => name));
  return [
    ...damage.map((line) => line.integrity_check).filter((line) => line !== 'ok'),
    ...dangling.map(({ table }) => `a row of ${table} refers to one that is not there`),
    ...(await lostPastOrders(reader)),
    ...(schema === 1 || schema === ownSchema ? [] : [`the database stands at schema ${schema}, between two releases`]),
    ...(schema === ownSchema ? await brokenInvariants(viewOf(arena, reader, settled.isBotUp ?? false), settled) : []),
  ];
}

/** What was wrong with the life itself. */
export async function brokenLife(bot: BotProcess, { exit, children }: Death): Promise<readonly string[]> {
  const ended = exit.signal === 'SIGKILL' ? [] : [`the bot ended by itself with ${exit.code ?? exit.signal}`];
  const errors = bot.lines.filter(({ level }) => level === 'error' || level === undefined).map(({ text }) => text);
  return [...ended, ...errors, ...(await orphans(children))];
}

async function orphans(children: readonly number[]): Promise<readonly string[]> {
  const left = (): readonly number[] => children.filter((pid) => existsSync(`/proc/${pid}`));
  const endMs = performance.now() + orphanMs;
  while (left().length > 0 && performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, orphanLookMs));
  }
  return left().map((pid) => `a child process (${pid}) outlives the bot`);
}
