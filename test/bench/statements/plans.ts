import type { RawConnection } from '../database/raw.ts';

/** A few rows each, or walked on purpose: facts by name, one row a walk, a basis a day, the tallies themselves. */
const tinyTables = [
  'config',
  'walk',
  'gap',
  'decision_basis',
  'tally',
  'record_tally',
  'coordinator_mark',
  'sqlite_master',
];
/** Partial indices that hold only what is sought, which is never much: walking one of them is the search. */
const smallIndices = [
  'file_record_pulling',
  'pin_record_running',
  'pin_record_lost',
  'cleanup_record_open',
  'gap_open',
];
const tables = ['file_record', 'file_owner', 'pin_record', 'cleanup_record', 'absence', 'account', ...tinyTables];

export interface Plan {
  /** SQLite's words, one step after the other. */
  readonly text: string;
  readonly faults: readonly string[];
}

/** How SQLite goes about a statement, and what of it would grow with the tables. */
export async function planOf(connection: RawConnection, sql: string): Promise<Plan> {
  const steps = await connection.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
  const details = steps.map((step) => step.detail);
  return { text: details.join('; '), faults: faultsOf(details, sql) };
}

function faultsOf(details: readonly string[], sql: string): readonly string[] {
  const scans = details.filter((detail) => isBigScan(detail, sql));
  // What comes out of a list that was given is no longer than the list.
  const isListed = details.some((detail) => /VIRTUAL TABLE/.test(detail));
  const sorts = details.filter((detail) => /USE TEMP B-TREE FOR (?:LAST \d+ TERMS? OF )?ORDER BY/.test(detail));
  const isTiny = !details.some((detail) => /^(SCAN|SEARCH) /.test(detail) && !isLittle(detail, sql));
  return [...scans, ...(isListed || isTiny ? [] : sorts)];
}

function isBigScan(detail: string, sql: string): boolean {
  if (!detail.startsWith('SCAN ') || /VIRTUAL TABLE|CONSTANT ROW|SUBQUERY/.test(detail)) return false;
  const table = tableOf(detail, sql);
  if (table === undefined || isTinyTable(table)) return false;
  // Whether there is any row at all is told by the first.
  if (new RegExp(`EXISTS \\(SELECT 1 FROM ${table}\\)`).test(sql)) return false;
  const index = /USING (?:COVERING )?INDEX (\w+)/.exec(detail)?.[1];
  if (index === undefined) return true;
  if (smallIndices.includes(index)) return false;
  // The first few of a partial index: what it holds is what is sought, in the order in which it is sought.
  const isPartial = partialIndices.includes(index);
  return !(isPartial && /\bLIMIT\b/i.test(sql));
}

const partialIndices = [
  'file_record_undecided',
  'file_record_revise',
  'file_record_look',
  'file_record_turn',
  'file_record_pick',
  'file_record_smallest',
  'file_record_closed',
  'pin_record_held',
  'pin_record_pulled',
  'pin_record_finished',
  'cleanup_record_finished',
  'cleanup_record_done',
];

function isLittle(detail: string, sql: string): boolean {
  return isTinyTable(tableOf(detail, sql)) || smallIndices.some((index) => detail.includes(` INDEX ${index}`));
}

/** The table that a step's name stands for; undefined for a part of the statement itself. */
function tableOf(detail: string, sql: string): string | undefined {
  const name = /^(?:SCAN|SEARCH) (\w+)/.exec(detail)?.[1];
  if (name === undefined || tables.includes(name)) return name;
  return tables.find((table) => new RegExp(`\\b${table}\\s+(?:AS\\s+)?${name}\\b`, 'i').test(sql));
}

function isTinyTable(table: string | undefined): boolean {
  return table === undefined || tinyTables.includes(table);
}
