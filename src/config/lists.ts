import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { CID } from 'multiformats/cid';
import { printable } from '../lib/printable.ts';
import { MIB } from '../domain/units.ts';
import { findAccount } from '../domain/account.ts';
import type { ListConfig } from './config.ts';
import { ConfigError, type ConfigIssue } from './issues.ts';
import { readBounded } from './reading/bounded-file.ts';

/** More than a million CIDs. */
const maxFileBytes = 128 * MIB;

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
    const issues: ConfigIssue[] = [];
    for (const file of this.#config.files) issues.push(...(await addFile(file, entries)));
    // Also when it is refused, so that `changed` asks for another look only after another edit.
    this.#loaded = stamp;
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

async function addFile(file: string, entries: Entries): Promise<ConfigIssue[]> {
  let text: string;
  try {
    text = (await readBounded(file, maxFileBytes)).toString('utf8');
  } catch (error) {
    return [{ path: file, message: `cannot be read (${codeOf(error)})`, errorInCheck: true }];
  }
  const lines = text.replace(/^\ufeff/u, '').split(/\r?\n/u);
  return lines.flatMap((line, index) => {
    const entry = line.replace(/(?:^|\s)#.*$/u, '').trim();
    if (entry === '' || add(entry, entries)) return [];
    const found = printable(JSON.stringify(entry), 60);
    const message = `found ${found}; allowed: a CID, an ss58 address, or cid:, owner: or memo: and the entry`;
    return [{ path: `${file}, line ${String(index + 1)}`, message, errorInCheck: true }];
  });
}

function add(entry: string, entries: Entries): boolean {
  const { kind, value = entry } = /^(?<kind>cid|owner|memo):\s*(?<value>.+)$/u.exec(entry)?.groups ?? {};
  if (kind === 'memo') {
    entries.memoPrefixes.add(value);
    return true;
  }
  const account = kind === 'cid' ? undefined : findAccount(value);
  if (account !== undefined) {
    entries.owners.add(account.address);
    return true;
  }
  if (kind === 'owner' || (kind === undefined && !isCid(value))) return false;
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
