import { decodeAddress, encodeAddress } from '@polkadot/util-crypto';
import { CID } from 'multiformats/cid';

/** What a file of orders says, read plainly and slowly; undefined when a line of it is nothing. */
export function plainList(
  bytes: Uint8Array,
): { readonly cids: string[]; readonly owners: string[]; readonly memoPrefixes: string[] } | undefined {
  const [cids, owners, memos] = [new Set<string>(), new Set<string>(), new Set<string>()];
  // As text of a file is decoded: a mark of byte order is none of it.
  for (const line of new TextDecoder().decode(bytes).split('\n')) {
    const entry = withoutComment(line).trim();
    if (entry === '') continue;
    const [kind, value] = kindOf(entry);
    const owner = kind === 'cid' || kind === 'memo' ? undefined : addressOf(value);
    if (kind === 'memo' && new TextEncoder().encode(value).length <= 128) memos.add(value);
    else if (owner !== undefined) owners.add(owner);
    else if (kind === 'cid' ? isOrderText(value) : kind === undefined && isCid(value)) cids.add(value);
    else return undefined;
  }
  return { cids: [...cids], owners: [...owners], memoPrefixes: [...memos] };
}

function withoutComment(line: string): string {
  let before = ' ';
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (character === '#' && before.trim() === '') return line.slice(0, at);
    before = character;
  }
  return line;
}

function kindOf(entry: string): ['cid' | 'owner' | 'memo' | undefined, string] {
  for (const kind of ['cid', 'owner', 'memo'] as const) {
    const value = entry.slice(kind.length + 1).trim();
    if (entry.startsWith(`${kind}:`) && value !== '') return [kind, value];
  }
  return [undefined, entry];
}

function addressOf(text: string): string | undefined {
  if (text.length > 128) return undefined;
  try {
    const publicKey = decodeAddress(text.trim());
    return publicKey.length === 32 && !text.startsWith('0x') ? encodeAddress(publicKey, 66) : undefined;
  } catch {
    return undefined;
  }
}

function isOrderText(text: string): boolean {
  return text.length <= 128 || /^0x[0-9a-f]{0,128}~[0-9a-f]{64}$/.test(text);
}

function isCid(text: string): boolean {
  if (!isOrderText(text)) return false;
  try {
    CID.parse(text);
    return true;
  } catch {
    return false;
  }
}
