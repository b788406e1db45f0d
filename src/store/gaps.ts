import { MINUTE_BLOCKS } from '../domain/units.ts';
import type { Database, Reader, Tx } from './database.ts';

/** Blocks whose events were never read, both ends inclusive. */
export interface Gap {
  readonly id: number;
  readonly fromBlock: number;
  readonly toBlock: number;
  readonly reason: GapReason;
}

/** `pruned`: the node no longer has these states. `contradiction`: events and `FilesV2` of the block did not agree, whoever was asked. */
type GapReason = 'pruned' | 'contradiction';

/** What the tables hold of the events of some blocks: all and few later ones, not all yet, many later ones, or never all until a walk closes a gap. */
export type EventsHeld = 'read' | 'behind' | 'beyond' | 'in-gap';

/** A block that was the newest cannot be so many behind: the machine stood still meanwhile, its clocks perhaps too. */
const beyondBlocks = 5 * MINUTE_BLOCKS;

interface GapRow {
  id: number;
  from_block: number;
  to_block: number;
  reason: GapReason;
}

/** The recorded gaps. A walk that began after one was found and read no page before its end closes it. */
export class Gaps {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(tx: Tx, gap: Omit<Gap, 'id'>, nowMs: number): Promise<void> {
    await tx('gap').insert({
      from_block: gap.fromBlock,
      to_block: gap.toBlock,
      reason: gap.reason,
      found_ms: nowMs,
    });
  }

  /** Not yet closed by a walk, oldest first. */
  async listOpen(source?: Reader | Tx): Promise<readonly Gap[]> {
    return source === undefined ? await this.#database.read(openGaps) : await openGaps(source);
  }

  /** Of the blocks after one up to another that was the newest a moment ago: what happened in them is known only when all their events are read. */
  async eventsBetween(afterBlock: number, throughBlock: number): Promise<EventsHeld> {
    return await this.#database.read(async (reader) => await readEventsHeld(reader, afterBlock, throughBlock));
  }

  /** Closes what a complete walk covers; returns how many that are. */
  async close(
    tx: Tx,
    walk: { readonly id: number; readonly newestGap: number; readonly oldestPageBlock: number },
  ): Promise<number> {
    return await tx('gap')
      .whereNull('closed_walk')
      .where('id', '<=', walk.newestGap)
      .where('to_block', '<=', walk.oldestPageBlock)
      .update({ closed_walk: walk.id });
  }
}

async function openGaps(source: Reader | Tx): Promise<readonly Gap[]> {
  const rows: GapRow[] = await source('gap').whereNull('closed_walk').orderBy('id').select('*');
  return rows.map((row) => ({ id: row.id, fromBlock: row.from_block, toBlock: row.to_block, reason: row.reason }));
}

export async function readEventsHeld(
  source: Reader | Tx,
  afterBlock: number,
  throughBlock: number,
): Promise<EventsHeld> {
  const rows: { cursor: number | null; gapEnd: number | null }[] = await source.raw(
    `SELECT (SELECT content ->> 'block' FROM config WHERE name = 'event-cursor') AS cursor, (${newestGapEnd}) AS gapEnd`,
  );
  const [{ cursor, gapEnd } = { cursor: null, gapEnd: null }] = rows;
  if (gapEnd !== null && gapEnd > afterBlock) return 'in-gap';
  if (cursor === null || cursor < throughBlock) return 'behind';
  return cursor - throughBlock > beyondBlocks ? 'beyond' : 'read';
}

/** Null when no gap is open. */
export const newestGapEnd = 'SELECT MAX(to_block) FROM gap WHERE closed_walk IS NULL';
