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
  'pin_record_running',
  'pin_record_lost',
  'cleanup_record_open',
  'cleanup_record_unproven',
  'gap_open',
];
/** One or a few rows of each value of their first column. */
const keyIndices = [
  'sqlite_autoindex_account_1',
  'file_record_key',
  'pin_record_cid',
  'pin_record_running',
  'pin_record_held',
  'cleanup_record_cid',
  'cleanup_record_open',
];
/** Pulls and deletions of the last 24 hours: as many as a node's disk takes, or as may be deleted, in a day, however many orders there are. */
const briefRanges = [
  'pin_record_pulled (updated_ms>?)',
  'pin_record_let_go (let_go_block>?)',
  'cleanup_record_deleted (deleted_block>?)',
];
const tables = ['file_record', 'file_owner', 'pin_record', 'cleanup_record', 'absence', 'account', ...tinyTables];

export interface Plan {
  /** SQLite's words, one step after the other. */
  readonly text: string;
  readonly faults: readonly string[];
}

/** One step of a plan: steps of the same parent are the loops of one SELECT, the outermost first, and what is done with what they yield. */
interface Step {
  readonly id: number;
  readonly parent: number;
  readonly detail: string;
}

/** How SQLite goes about a statement, and what of it would grow with the tables. */
export async function planOf(connection: RawConnection, sql: string): Promise<Plan> {
  const steps = await connection.all<Step>(`EXPLAIN QUERY PLAN ${sql}`);
  return { text: steps.map((step) => step.detail).join('; '), faults: faultsOf(steps, sql) };
}

function faultsOf(steps: readonly Step[], sql: string): readonly string[] {
  const scans = steps.filter(({ detail }) => isBigScan(detail, sql));
  const sorts = steps.filter(
    ({ detail, parent }) => detail.startsWith('USE TEMP B-TREE') && !yieldsLittle(steps, parent, sql),
  );
  return [...scans, ...sorts].map(({ detail }) => detail);
}

/** Whether what the loops below one parent yield does not grow with the tables: then a tree over it does not either. */
function yieldsLittle(steps: readonly Step[], parent: number, sql: string): boolean {
  const beside = steps.filter((step) => step.parent === parent);
  return beside.every(({ id, detail }) => {
    // The rows that an IN takes one by one are those of its list.
    if (detail.startsWith('LIST SUBQUERY')) return yieldsLittle(steps, id, sql);
    if (!/^(?:SCAN|SEARCH) /.test(detail)) return true;
    // A list that was given, or the single row of a SELECT without a table.
    if (/VIRTUAL TABLE|CONSTANT ROW/.test(detail)) return true;
    const name = /^(?:SCAN|SEARCH) (\S+)/.exec(detail)?.[1];
    const part = beside.find(
      (step) => /^(?:MATERIALIZE|CO-ROUTINE) /.test(step.detail) && step.detail.endsWith(` ${name}`),
    );
    if (part !== undefined) return yieldsLittle(steps, part.id, sql);
    return isLookup(detail) || isBrief(detail) || isSmall(detail, sql);
  });
}

/** One row of a key, or the few records of one CID. */
function isLookup(detail: string): boolean {
  const { index, terms = '' } =
    / USING (?:(?:COVERING )?INDEX (?<index>\w+)|(?:INTEGER )?PRIMARY KEY) \((?<terms>.*)\)/.exec(detail)?.groups ?? {};
  if (terms === '' || /[<>]/.test(terms)) return false;
  return index === undefined ? terms === 'rowid=?' : keyIndices.includes(index);
}

function isBrief(detail: string): boolean {
  return briefRanges.some((range) => detail.endsWith(` INDEX ${range}`));
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

function isSmall(detail: string, sql: string): boolean {
  const table = tableOf(detail, sql);
  const isTiny = table !== undefined && isTinyTable(table);
  return isTiny || smallIndices.some((index) => detail.includes(` INDEX ${index}`));
}

/** The table that a step's name stands for; undefined for a part of the statement itself. */
function tableOf(detail: string, sql: string): string | undefined {
  const name = /^(?:SCAN|SEARCH) (\w+)/.exec(detail)?.[1];
  if (name === undefined || tables.includes(name)) return name;
  return tables.find((table) => new RegExp(`\\b${table}\\s+(?:AS\\s+)?${name}\\b`, 'i').test(sql));
}

function isTinyTable(table: string): boolean {
  return tinyTables.includes(table);
}
