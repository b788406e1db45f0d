import { storagePrefixes } from '../../src/clients/chain/keys/storage-prefixes.ts';
import { parseStorageKey } from '../../src/clients/chain/keys/order-key.ts';
import type { ChainModel } from '../../devnet/chain/model.ts';
import { exitCodes, hasCode, SmError } from '../../src/domain/errors.ts';
import type { CleanupStatus } from '../../src/domain/statuses.ts';
import { DAY_BLOCKS, HOUR_MS, SECOND_MS } from '../../src/domain/units.ts';
import { partOf } from '../../src/runtime/loop.ts';
import type { Exit, InvariantView } from './invariant-view.ts';

const confirmAfterBlocks = 10;
/** From the last look at the order to the question to sWorker: less than any new close needs. */
const deletedWithinBlocks = 100;
const alwaysADay = 200;
const pageKeys = 1_000_000;
/** Pulls may go on for so long while nothing can be written. */
const diskPatienceMs = 6 * HOUR_MS;
/** Time or a person mends these. */
const waitedFor = [
  'SWORKER_UPGRADING',
  'CHAIN_SYNCING',
  'CHAIN_UNDECODABLE',
  'COORDINATOR_UNREACHABLE',
  'COORDINATOR_BAD_ANSWER',
] as const;
/** A bot has some twenty loops, and a few waits for each pull and each question under way. */
const mostTimers = 150;

/** Texts of all orders on chain after a block. */
export function ordersAt(chain: ChainModel, block: number): readonly string[] {
  return chain.storage.keysAt(storagePrefixes.marketFilesV2, block, pageKeys).map((key) => parseStorageKey(key).text);
}

interface CleanupRow {
  readonly cid: string;
  readonly status: CleanupStatus;
  readonly cause: 'event' | 'absence' | 'found';
  readonly seenBlock: number;
  readonly confirmedBlock: number | null;
  readonly dueBlock: number | null;
  readonly deletedBlock: number | null;
  readonly createdMs: number;
}

/**
 * Every deletion has two looks at the chain behind it that are ten blocks apart, and its grace, or a file that was lost for as long as it may be. The file of a live
 * order has the latter.
 */
export async function brokenDeletions(view: InvariantView): Promise<string[]> {
  const { lettingGo, lostGraceBlocks, headLeadBlocks = deletedWithinBlocks } = view;
  const deletions = lettingGo?.filter(({ how }) => how === 'storage/delete') ?? [];
  if (deletions.length === 0) return [];
  const cleanups = await view.rows<CleanupRow>(
    `SELECT cid, status, cause, seen_block AS seenBlock, confirmed_block AS confirmedBlock, due_block AS dueBlock, deleted_block AS deletedBlock, created_ms AS createdMs
     FROM cleanup_record ORDER BY id DESC`,
  );
  // A record that ended long ago tells of another loss.
  const graceBlocks = lostGraceBlocks ?? 0;
  const losses = await view.rows<{ cid: string; lostBlock: number; untilBlock: number | null }>(
    `SELECT cid, lost_block AS lostBlock, CASE status WHEN 'removed' THEN COALESCE(let_go_block, 0) + ? END AS untilBlock
     FROM pin_record WHERE lost_block IS NOT NULL`,
    Math.max(graceBlocks, headLeadBlocks),
  );
  return deletions.flatMap((deletion) => {
    const { cid, atBlock, atMs = Infinity, isLive } = deletion;
    const ofItsTime = cleanups.filter((one) => one.cid === cid && isBefore(one, atMs));
    const newest = ofItsTime.find((one) => one.seenBlock + confirmAfterBlocks <= atBlock);
    const isClosed = isLive !== true && newest !== undefined && allowsDeletion(newest, atBlock, headLeadBlocks);
    const isLost = losses.some(({ lostBlock, untilBlock, ...lost }) => {
      return lost.cid === cid && lostBlock + graceBlocks <= atBlock && atBlock <= (untilBlock ?? Infinity);
    });
    if (isClosed || isLost) return [];
    const order = isLive === true ? 'its order lives' : `its cleanup is ${newest?.status ?? 'not there'}`;
    return [`${cid} was deleted at block ${atBlock} without two confirmations: ${order}`];
  });
}

/**
 * One that came after the question may say that it was seen at a head from before it. One of a file that a list of sWorker's showed, read before the file was gone,
 * is seen at the read that closed the order, long before, and may come in the same moment.
 */
function isBefore({ cause, createdMs }: CleanupRow, atMs: number): boolean {
  return cause === 'found' ? createdMs < atMs : createdMs <= atMs;
}

function allowsDeletion(cleanup: CleanupRow, atBlock: number, headLeadBlocks: number): boolean {
  const { status, seenBlock, confirmedBlock, dueBlock, deletedBlock } = cleanup;
  if (confirmedBlock === null || confirmedBlock - seenBlock < confirmAfterBlocks) return false;
  // What is over allows nothing any more: a later close has a cleanup of its own. One that was put back tells of the first attempt that may have happened.
  const isOver = status === 'done' && deletedBlock !== null && deletedBlock + headLeadBlocks < atBlock;
  return dueBlock !== null && dueBlock <= atBlock && !isOver;
}

/** Within a day no more files are deleted than the larger of 200 and a percentage of those held when it began. */
export function tooManyInADay(view: InvariantView): string[] {
  const { deleted = [], held = [], maxPercentPerDay = 0, headLeadBlocks = deletedWithinBlocks } = view;
  // The bot counts from its last look at the order on, which is a little before it asks.
  const withinBlocks = DAY_BLOCKS - headLeadBlocks;
  const blocks = deleted.map(({ askedAtBlock }) => askedAtBlock).sort((a, b) => a - b);
  let first = 0;
  for (const [last, block] of blocks.entries()) {
    while ((blocks[first] ?? block) <= block - withinBlocks) first += 1;
    const files = last - first + 1;
    // What was deleted since then was held then.
    const most = Math.max(alwaysADay, Math.floor(((held.length + blocks.length - first) * maxPercentPerDay) / 100));
    if (files > most) return [`${files} files were deleted within a day before ${block}, more than ${most}`];
  }
  return [];
}

/**
 * Once everybody has been reachable for long, sWorker holds no file whose known order is not on chain, and the daemon has no pin of such a one that a pull of the
 * bot made: others it lets stand, whoever made them.
 */
export async function filesLeft(view: InvariantView): Promise<string[]> {
  const { chain, held = [], pinned = [] } = view;
  const known = await view.rows<{ cid: string; isOurs: number }>(
    `SELECT cid, (SELECT pinned_before FROM pin_record AS pull WHERE pull.cid = file_record.cid AND pull.cause = 'pull' AND pinned_before IS NOT NULL
       ORDER BY id DESC LIMIT 1) IS 0 AS isOurs FROM file_record`,
  );
  const live = new Set(ordersAt(chain, chain.finalized.number));
  const closed = known.filter(({ cid }) => !live.has(cid));
  const isClosed = new Set(closed.map(({ cid }) => cid));
  const isOurs = new Set(closed.flatMap(({ cid, isOurs: isOne }) => (isOne === 1 ? cid : [])));
  return [
    ...held.filter((cid) => isClosed.has(cid)).map((cid) => `the order of ${cid} is closed and sWorker holds its file`),
    ...pinned.filter((cid) => isOurs.has(cid)).map((cid) => `the order of ${cid} is closed and its pin is left`),
  ];
}

export function wrongExits({ exits = [], maxOutageMs = 0 }: InvariantView): string[] {
  return exits.flatMap((exit) => {
    const { exitCode, error } = exit;
    const wrong = whatIsWrong(exit, maxOutageMs);
    if (wrong === undefined) return [];
    return [`the process ended with ${exitCode}${wrong}: ${error instanceof Error ? error.stack : String(error)}`];
  });
}

function whatIsWrong(exit: Exit, maxOutageMs: number): string | undefined {
  const { exitCode, error, isAsked, livedMs, pulling = [] } = exit;
  if (exitCode === exitCodes.stopped) return isAsked ? undefined : ' without being asked';
  if (exitCode !== exitCodes.outage) return '';
  if (hasCode(error, ...waitedFor)) return ' for what is waited for without limit';
  const part = error instanceof SmError ? partOf(error.code) : undefined;
  // A busy database has been waited for by each statement.
  if (part === 'database') return undefined;
  // The disk is given no time but what the pulls take.
  const isLongEnough = part === 'disk' || livedMs >= maxOutageMs;
  if (!isLongEnough) return ` after ${Math.round(livedMs / SECOND_MS)} s, which no outage can have lasted`;
  const isPatienceOver = part === 'disk' && livedMs >= diskPatienceMs;
  return pulling.length > 0 && !isPatienceOver ? ` while it pulled ${pulling.join(', ')}` : undefined;
}

export function grownTimers({ timers = 0 }: InvariantView): string[] {
  return timers > mostTimers ? [`${timers} timers wait`] : [];
}

export function printedSecrets({ printed = '', secrets = [] }: InvariantView): string[] {
  return secrets.filter((secret) => printed.includes(secret)).map(() => 'a secret was printed');
}
