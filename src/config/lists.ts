import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { CID } from 'multiformats/cid';
import { printable } from '../lib/printable.ts';
import { MIB } from '../domain/units.ts';
import { findAccount } from '../domain/account.ts';
import { canNameOrder, maxMemoBytes, maxTypedCidBytes } from '../domain/order.ts';
import type { ListConfig } from './config.ts';
import { ConfigError, type ConfigIssue, mostIssues } from './issues.ts';
import { readBounded } from './reading/bounded-file.ts';

/** More than a million CIDs. */
const maxFileBytes = 128 * MIB;
const shownCharacters = 60;
/** Without any change of the file they may be over. */
const passingErrors = ['EMFILE', 'ENFILE', 'EIO', 'EAGAIN', 'ESTALE', 'ETIMEDOUT'];
const allowed = `a CID of at most ${maxTypedCidBytes} characters, an ss58 address, or cid:, owner: or memo: and the entry, a memo of at most ${maxMemoBytes} bytes`;

/** A deny or allow list with the entries of its files. */
export interface OrderList {
  readonly cids: ReadonlySet<string>;
  /** ss58 with prefix 66. */
  readonly owners: ReadonlySet<string>;
  readonly memoPrefixes: readonly string[];
  /** Changes exactly when an entry does. */
  readonly fingerprint: string;
  readonly isEmpty: boolean;
}

interface ListIssue extends ConfigIssue {
  /** Another look may find the file as it is without it. */
  readonly isPassing?: boolean;
}

interface Entries {
  readonly cids: Set<string>;
  readonly owners: Set<string>;
  readonly memoPrefixes: Set<string>;
}

/** A list of orders whose files may change while the program runs. */
export class OrderListSource {
  readonly #config: ListConfig;
  #loaded: string | undefined;

  constructor(config: ListConfig) {
    this.#config = config;
  }

  /** Reads everything. Throws CONFIG_INVALID naming file and line; whoever has an older list goes on with that. */
  async load(): Promise<OrderList> {
    const stamp = await this.#stamp();
    const entries: Entries = {
      cids: new Set(this.#config.cids),
      owners: new Set(this.#config.owners),
      memoPrefixes: new Set(this.#config.memoPrefixes),
    };
    const issues: ListIssue[] = [];
    for (const file of this.#config.files) issues.push(...(await addFile(file, entries)));
    // Also when it is refused, so that `changed` asks for another look only after another edit; what the machine refused to read it may give by then.
    this.#loaded = issues.some(({ isPassing }) => isPassing === true) ? undefined : stamp;
    if (issues.length > 0) throw new ConfigError('CONFIG_INVALID', 'A list of orders is refused:', issues);
    return {
      cids: entries.cids,
      owners: entries.owners,
      memoPrefixes: [...entries.memoPrefixes],
      fingerprint: fingerprint(entries),
      isEmpty: entries.cids.size + entries.owners.size + entries.memoPrefixes.size === 0,
    };
  }

  /** Whether a file is another than when it was last loaded or refused, by its inode, size and time of change. */
  async changed(): Promise<boolean> {
    return (await this.#stamp()) !== this.#loaded;
  }

  async #stamp(): Promise<string> {
    return (await Promise.all(this.#config.files.map(stampOf))).join('\n');
  }
}

/** What is wrong with a list's files, for who only wants to know. */
export async function listIssues(config: ListConfig): Promise<readonly ConfigIssue[]> {
  try {
    await new OrderListSource(config).load();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
}

async function stampOf(file: string): Promise<string> {
  try {
    // Not `mtimeNs`, which stands still when a file is made readable.
    const { ino, size, ctimeNs } = await stat(file, { bigint: true });
    return `${String(ino)}:${String(size)}:${String(ctimeNs)}`;
  } catch (error) {
    // A file that cannot be looked at is a state of its own; reading it is what reports why.
    return `unreadable:${codeOf(error)}`;
  }
}

async function addFile(file: string, entries: Entries): Promise<ListIssue[]> {
  let text: string;
  try {
    text = (await readBounded(file, maxFileBytes)).toString('utf8');
  } catch (error) {
    const isPassing = passingErrors.includes(codeOf(error));
    return [{ path: file, message: `cannot be read (${codeOf(error)})`, errorInCheck: true, isPassing }];
  }
  const issues: ListIssue[] = [];
  let number = 0;
  for (const line of linesOf(text.replace(/^\ufeff/u, ''))) {
    number += 1;
    const entry = entryOf(line);
    if (entry === '' || add(entry, entries)) continue;
    const message = `found ${shown(entry)}; allowed: ${allowed}`;
    issues.push({ path: `${file}, line ${String(number)}`, message, errorInCheck: true });
    if (issues.length < mostIssues) continue;
    issues.push({ path: file, message: 'has so many wrong lines that the others were not read', errorInCheck: true });
    break;
  }
  return issues;
}

/** One after the other: together they take many times the room of their file. */
function* linesOf(text: string): Generator<string, void, undefined> {
  for (let from = 0; from <= text.length; ) {
    const end = text.indexOf('\n', from);
    const to = end < 0 ? text.length : end;
    yield text.slice(from, to);
    from = to + 1;
  }
}

/** Without its comment. */
function entryOf(line: string): string {
  const comment = /(?:^|\s)#/u.exec(line);
  return (comment === null ? line : line.slice(0, comment.index)).trim();
}

function shown(entry: string): string {
  const start = printable(JSON.stringify(entry.slice(0, shownCharacters)));
  return entry.length <= shownCharacters ? start : `${start}… (${entry.length} characters)`;
}

function add(entry: string, entries: Entries): boolean {
  const { kind, value = entry } = /^(?<kind>cid|owner|memo):\s*(?<value>.+)$/su.exec(entry)?.groups ?? {};
  if (kind === 'memo') {
    // Of a memo no more is kept: a longer beginning would never be found.
    if (Buffer.byteLength(value) > maxMemoBytes) return false;
    entries.memoPrefixes.add(value);
    return true;
  }
  const account = kind === 'cid' ? undefined : findAccount(value);
  if (account !== undefined) {
    entries.owners.add(account.address);
    return true;
  }
  if (kind === 'owner' || !canNameOrder(value) || (kind === undefined && !isCid(value))) return false;
  entries.cids.add(value);
  return true;
}

function isCid(text: string): boolean {
  try {
    CID.parse(text);
    return true;
  } catch {
    // The parser has no other way to say that a text is no CID.
    return false;
  }
}

function fingerprint(entries: Entries): string {
  const hash = createHash('sha256');
  for (const kind of [entries.cids, entries.owners, entries.memoPrefixes]) {
    hash.update(JSON.stringify([...kind].sort()));
  }
  return hash.digest('hex').slice(0, 32);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unreadable';
}
