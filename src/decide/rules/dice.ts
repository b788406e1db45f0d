import { hash } from 'node:crypto';
import type { OrderClass } from '../../domain/statuses.ts';
import type { DecisionBasis } from '../../domain/strategy.ts';

/** How many nodes of the whole chain are meant to take a file of each class. */
const wantedNodes: Readonly<Record<OrderClass, number>> = { new: 300, db: 160 };

const publicKeyLength = 32;
/** 52 bits in hex. */
const drawDigits = 13;

/**
 * The node's own draw for a file, uniform in [0, 1): the first 52 bits of SHA-256(public key ‖ CID text in ASCII), so that the same node never draws
 * twice for one file and no two nodes draw alike. `accountHex`: 64 hex digits.
 */
export function drawFor(accountHex: string, cid: string): number {
  const bytes = Buffer.allocUnsafe(publicKeyLength + cid.length);
  bytes.write(accountHex, 0, publicKeyLength, 'hex');
  bytes.write(cid, publicKeyLength, 'latin1');
  return Number.parseInt(hash('sha256', bytes, 'hex').slice(0, drawDigits), 16) / 2 ** 52;
}

/** A draw at or above it passes the file by. */
export function diceThreshold(orderClass: OrderClass, basis: Pick<DecisionBasis, 'members' | 'nodeCount'>): number {
  return (wantedNodes[orderClass] * basis.members) / basis.nodeCount;
}
