import { encodeAddress } from '@polkadot/util-crypto';
import { Cursor } from './reference.ts';

/* Plain readers of what `node-facts` decodes. Undefined: malformed. */

const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);
const maxGroupMembers = 20_000n;

/** The address of the group's owner in an `Identity`; null without a group. */
export function plainGroupOwner(value: string): string | null | undefined {
  return whole(value, (cursor) => {
    cursor.skip(Number(cursor.compact()));
    cursor.skip(8);
    return flag(cursor) ? account(cursor) : null;
  });
}

/** The addresses of a `Group`'s members. What stands in its allowlist may be anything. */
export function plainMembers(value: string): string[] | undefined {
  return whole(value, (cursor) => {
    const count = cursor.compact();
    if (count > maxGroupMembers) throw new RangeError('more than a group may have');
    const members = Array.from({ length: Number(count) }, () => account(cursor));
    cursor.skip(32 * Number(cursor.compact()));
    return members;
  });
}

/** `report_slot` of a `WorkReport`. */
export function plainReportSlot(value: string): number | undefined {
  return whole(value, (cursor) => {
    const slot = capped(cursor.number(8));
    cursor.skip(3 * 8);
    for (let root = 0; root < 2; root += 1) cursor.skip(Number(cursor.compact()));
    return slot;
  });
}

/** A little-endian number and nothing else; 2^53-1 stands for anything above. */
export function plainNumber(value: string, bytes: number): number | undefined {
  return whole(value, (cursor) => capped(cursor.number(bytes)));
}

function whole<T>(value: string, read: (cursor: Cursor) => T): T | undefined {
  const digits = Buffer.from(value).toString('latin1');
  if (!digits.startsWith('0x') || digits.length % 2 !== 0) return undefined;
  try {
    const cursor = new Cursor(digits.slice(2));
    const found = read(cursor);
    return cursor.isAtEnd ? found : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function account(cursor: Cursor): string {
  const digits = cursor.skip(32);
  if (!/^[0-9a-f]{64}$/u.test(digits)) throw new RangeError('not hex');
  return encodeAddress(Buffer.from(digits, 'hex'), 66);
}

function flag(cursor: Cursor): boolean {
  const value = cursor.number(1);
  if (value > 1n) throw new RangeError('neither true nor false');
  return value === 1n;
}

function capped(value: bigint): number {
  return Number(value > maxSafe ? maxSafe : value);
}
