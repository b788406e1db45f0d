import { base32 } from 'multiformats/bases/base32';
import type { ListMatch } from '../../domain/strategy.ts';
import type { OrderList } from '../ports.ts';
import { parseAnyCid } from '../rules/bad-cid.ts';

/** Somebody known to have paid for a file; `memo` is null when the memo of the order is unknown. */
export interface KnownOwner {
  readonly address: string;
  readonly memo: Uint8Array | null;
}

/** The lists made ready for matching. */
export interface PreparedLists {
  readonly deny: PreparedList;
  readonly allow: PreparedList;
  /** False while no entry speaks of owners or memos: then nothing needs to be read about them. */
  readonly needOwners: boolean;
}

interface PreparedList {
  readonly cids: ReadonlySet<string>;
  readonly owners: ReadonlySet<string>;
  readonly memoPrefixes: readonly { readonly text: string; readonly bytes: Uint8Array }[];
  /** Null for a list without entries: it says nothing. */
  readonly fingerprint: string | null;
}

export function prepareLists(deny: OrderList, allow: OrderList): PreparedLists {
  const prepared = { deny: prepareList(deny), allow: prepareList(allow) };
  const needOwners = [prepared.deny, prepared.allow].some(
    (list) => list.owners.size > 0 || list.memoPrefixes.length > 0,
  );
  return { ...prepared, needOwners };
}

function prepareList(list: OrderList): PreparedList {
  return {
    cids: new Set([...list.cids].flatMap(textsOf)),
    owners: list.owners,
    memoPrefixes: list.memoPrefixes.map((text) => ({ text, bytes: Buffer.from(text, 'utf8') })),
    fingerprint: list.isEmpty ? null : list.fingerprint,
  };
}

/** The texts under which the same file can be ordered and sealed: a list that names one form of a CID means the file. */
function textsOf(cid: string): string[] {
  const parsed = parseAnyCid(cid);
  if (parsed === undefined) return [cid];
  const v1 = parsed.toV1().toString(base32);
  return parsed.code === 0x70 && parsed.multihash.code === 0x12 && parsed.multihash.size === 32
    ? [cid, v1, parsed.toV0().toString()]
    : [cid, v1];
}

/**
 * Which entry denies the order; null when none does. What is unknown of it (no owner, no memo) matches nothing; every known owner counts; a deny entry
 * beats any allow entry.
 */
export function matchLists(cid: string, owners: readonly KnownOwner[], lists: PreparedLists): ListMatch | null {
  const denied = lists.deny.fingerprint === null ? null : matchOf(cid, owners, lists.deny);
  if (denied !== null) return { list: 'deny', ...denied };
  if (lists.allow.fingerprint === null) return null;
  return matchOf(cid, owners, lists.allow) === null ? { list: 'allow' } : null;
}

interface Match {
  readonly by: 'cid' | 'owner' | 'memo';
  readonly entry: string;
}

function matchOf(cid: string, owners: readonly KnownOwner[], list: PreparedList): Match | null {
  if (list.cids.has(cid)) return { by: 'cid', entry: cid };
  const owner = owners.find(({ address }) => list.owners.has(address));
  if (owner !== undefined) return { by: 'owner', entry: owner.address };
  const prefix = list.memoPrefixes.find(({ bytes }) =>
    owners.some(({ memo }) => memo !== null && startsWith(memo, bytes)),
  );
  return prefix === undefined ? null : { by: 'memo', entry: prefix.text };
}

function startsWith(memo: Uint8Array, prefix: Uint8Array): boolean {
  return memo.length >= prefix.length && Buffer.compare(memo.subarray(0, prefix.length), prefix) === 0;
}
