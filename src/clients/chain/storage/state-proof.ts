import { SmError } from '../../../domain/errors.ts';
import type { BlockRef } from '../ask.ts';
import { storagePrefixes } from '../keys/storage-prefixes.ts';
import { HexReader } from '../scale/hex-reader.ts';
import type { HexSpan } from '../scale/hex-span.ts';

/** Asked for together with other values: every state but that of the first block tells its own number. */
export const stateProofKey = storagePrefixes.systemNumber;

/**
 * A node may answer from another state than the one it was asked about (a damaged database, a cache or a proxy that drops the block): what is absent
 * there proves nothing.
 * @param value of `stateProofKey` in the same answer
 * @throws SmError CHAIN_BAD_ANSWER; Undecodable
 */
export function assertStateOf(at: BlockRef, value: HexSpan | string | null, endPoint: string): void {
  const number = value === null ? 0 : numberOf(value);
  if (number === at.number) return;
  throw new SmError('CHAIN_BAD_ANSWER', 'The chain node answered from the state of another block', {
    endPoint,
    field: 'System.Number',
    block: at.number,
    came: number,
  });
}

function numberOf(value: HexSpan | string): number {
  const reader = new HexReader(value, 'System.Number');
  const number = reader.u32('System.Number');
  reader.end('System.Number');
  return number;
}
