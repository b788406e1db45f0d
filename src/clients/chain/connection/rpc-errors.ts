import { hasCode, SmError } from '../../../domain/errors.ts';
import type { BlockRef } from '../ask.ts';

/** Substrate's state API answers 4003 for a block whose state cannot be had; other methods and older nodes say it in words only. */
const PRUNED_CODE = 4003;
const prunedWords = /already discarded|unknown ?block|header was not found|missing trie node|pruned/i;
/** A node keeps the headers of all blocks it ever had: one that does not know a block never had it. */
const neverHadWords = /header was not found|unknown state for block|expect(?:ed)? (?:block|header)/i;
/** jsonrpsee: response too big, batch of too many calls, oversized response of a batch. */
const tooLargeCodes = [-32008, -32010, -32011];
const tooLargeWords = /too (?:big|large|long)|oversized|exceeds?\b.*(?:size|limit)|size limit/i;
/** jsonrpsee: batches are switched off; the standard's code for a message that is no request. */
const noBatchCodes = [-32005, -32600];
const noBatchWords = /batch/i;

/**
 * A node's error about a block's state, as what it means: gone, or not there yet. It is not there yet when the node has not finalized the block, or
 * does not know it at all: then it is another node than the one that finalized it, behind one address.
 */
export function aboutState(error: SmError, at: BlockRef, finalizedNumber: number): SmError;
export function aboutState(error: unknown, at: BlockRef, finalizedNumber: number): unknown;
export function aboutState(error: unknown, at: BlockRef, finalizedNumber: number): unknown {
  if (!(error instanceof SmError) || error.code !== 'CHAIN_RPC_ERROR' || !saysPruned(error)) return error;
  const isNotYetThere = finalizedNumber < at.number || neverHadWords.test(String(error.data['detail']));
  const code = isNotYetThere ? 'CHAIN_SYNCING' : 'CHAIN_STATE_PRUNED';
  return new SmError(code, 'The chain node does not have the state of this block', {
    ...error.data,
    block: at.number,
    blockHash: at.hash,
  });
}

function saysPruned(error: SmError): boolean {
  return error.data['rpcCode'] === PRUNED_CODE || prunedWords.test(String(error.data['detail']));
}

/**
 * Whether fewer keys at once may succeed: the node or our own bound called the answer too large, it took too long, or the socket broke under it
 * (nodes of Crust's generation drop a client whose output buffer overflows).
 */
export function isTooMuchAtOnce(error: unknown): boolean {
  if (isTooLarge(error)) return true;
  return hasCode(error, 'CHAIN_UNREACHABLE') && ['timeout', 'dropped'].includes(String(error.data['reason']));
}

/** Whether an answer on this connection was larger than we take: that to the question which failed so, or to another in flight with it. */
export function isBeyondOurBound(error: unknown): boolean {
  return hasCode(error, 'CHAIN_UNREACHABLE') && error.data['reason'] === 'too-large';
}

/** Whether the node or our own bound called an answer too large. */
export function isTooLarge(error: unknown): error is SmError {
  if (isBeyondOurBound(error)) return true;
  if (!hasCode(error, 'CHAIN_RPC_ERROR')) return false;
  return tooLargeCodes.includes(Number(error.data['rpcCode'])) || tooLargeWords.test(String(error.data['detail']));
}

/** Whether a node that answered a whole batch with this error takes none at all. */
export function refusesBatches(error: unknown): boolean {
  if (!hasCode(error, 'CHAIN_RPC_ERROR') || isTooMuchAtOnce(error)) return false;
  return noBatchCodes.includes(Number(error.data['rpcCode'])) || noBatchWords.test(String(error.data['detail']));
}
