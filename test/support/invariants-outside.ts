import { storagePrefixes } from '../../src/clients/chain/keys/storage-prefixes.ts';
import { parseStorageKey } from '../../src/clients/chain/keys/order-key.ts';
import type { ChainModel } from '../../devnet/chain/model.ts';
import type { InvariantView } from './invariant-view.ts';

const confirmAfterBlocks = 10;
const pageKeys = 1_000_000;
/** A bot has some twenty loops, and a few waits for each pull and each question under way. */
const mostTimers = 150;
/** Stopped on request, or an outage that lasted; a kill is no exit. */
const rightExits = [0, 75];

/** Texts of all orders on chain after a block. */
export function ordersAt(chain: ChainModel, block: number): readonly string[] {
  return chain.storage.keysAt(storagePrefixes.marketFilesV2, block, pageKeys).map((key) => parseStorageKey(key).text);
}

/** Every deletion has two looks at the chain behind it that are ten blocks apart, and its grace, or a file that was lost for as long as it may be. */
export async function brokenDeletions(view: InvariantView): Promise<string[]> {
  const { lettingGo, lostGraceBlocks } = view;
  const deletions = lettingGo?.filter(({ how }) => how === 'storage/delete') ?? [];
  if (deletions.length === 0) return [];
  const closes = await view.rows<{ cid: string; dueBlock: number }>(
    'SELECT cid, due_block AS dueBlock FROM cleanup_record WHERE confirmed_block - seen_block >= ?',
    confirmAfterBlocks,
  );
  const losses = await view.rows<{ cid: string; lostBlock: number }>(
    'SELECT cid, lost_block AS lostBlock FROM pin_record WHERE lost_block IS NOT NULL',
  );
  return deletions.flatMap(({ cid, atBlock }) => {
    const isClosed = closes.some((close) => close.cid === cid && close.dueBlock <= atBlock);
    const isLost = losses.some((lost) => lost.cid === cid && lost.lostBlock + (lostGraceBlocks ?? 0) <= atBlock);
    return isClosed || isLost ? [] : [`${cid} was deleted at block ${atBlock} without two confirmations`];
  });
}

/** Once everybody has been reachable for long, sWorker holds no file whose known order is not on chain. */
export async function filesLeft(view: InvariantView): Promise<string[]> {
  const { chain, held } = view;
  if (held === undefined) return [];
  const known = await view.rows<{ cid: string }>('SELECT cid FROM file_record');
  const isKnown = new Set(known.map(({ cid }) => cid));
  const live = new Set(ordersAt(chain, chain.finalized.number));
  return held
    .filter((cid) => isKnown.has(cid) && !live.has(cid))
    .map((cid) => `the order of ${cid} is closed and sWorker holds its file`);
}

export function wrongExits({ exits = [] }: InvariantView): string[] {
  return exits
    .filter(({ exitCode }) => !rightExits.includes(exitCode))
    .map(
      ({ exitCode, error }) =>
        `the process ended with ${exitCode}: ${error instanceof Error ? error.stack : String(error)}`,
    );
}

export function grownTimers({ timers = 0 }: InvariantView): string[] {
  return timers > mostTimers ? [`${timers} timers wait`] : [];
}

export function printedSecrets({ printed = '', secrets = [] }: InvariantView): string[] {
  return secrets.filter((secret) => printed.includes(secret)).map(() => 'a secret was printed');
}
