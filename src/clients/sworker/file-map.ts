const groups = ['pending', 'valid', 'lost'] as const;
type Group = (typeof groups)[number];

/** One file of a map that sWorker sends. `group` is the type it stood under in a nested map. */
export interface FileMapEntry {
  readonly group: Group | undefined;
  readonly cid: string;
  readonly value: unknown;
}

/** The bytes are not the map of files they should be. */
export class FileMapError extends Error {
  override readonly name = 'FileMapError';
}

// A file's entry is some 150 bytes; what is longer is no entry, and must not be collected.
const maxEntryCharacters = 64 * 1024;

type Expected = 'map' | 'key-or-end' | 'key' | 'comma-or-end' | 'nothing';

/**
 * Reads `{"cid": {…}, …}` or `{"valid": {"cid": {…}, …}, …}` piece by piece, holding one entry at a time: sWorker's list of files is tens of
 * megabytes long. Strict about everything between the entries; the entries themselves are parsed by the platform.
 */
export class FileMapReader {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #text = '';
  #position = 0;
  #expected: Expected = 'map';
  #group: Group | undefined;

  /** The entries that are complete now. */
  push(chunk: Uint8Array): FileMapEntry[] {
    return this.#read(this.#decode(chunk));
  }

  /** To be called at the end of the bytes: throws when the map has not ended. */
  end(): FileMapEntry[] {
    const entries = this.#read(this.#decode(undefined));
    if (this.#expected !== 'nothing') throw new FileMapError('the map of files ends in the middle');
    return entries;
  }

  #decode(chunk: Uint8Array | undefined): string {
    try {
      return chunk === undefined ? this.#decoder.decode() : this.#decoder.decode(chunk, { stream: true });
    } catch (error) {
      throw new FileMapError('bytes that are not UTF-8', { cause: error });
    }
  }

  #read(more: string): FileMapEntry[] {
    this.#text = this.#text.slice(this.#position) + more;
    this.#position = 0;
    const entries: FileMapEntry[] = [];
    while (this.#step(entries));
    if (this.#text.length - this.#position > maxEntryCharacters) throw new FileMapError('an entry without an end');
    return entries;
  }

  /** Takes one piece; false when more bytes are needed for the next. */
  #step(entries: FileMapEntry[]): boolean {
    this.#position = afterSpace(this.#text, this.#position);
    const character = this.#text[this.#position];
    if (character === undefined) return false;
    if (this.#expected === 'map' && character === '{') return this.#take('key-or-end');
    if (character === '}' && (this.#expected === 'key-or-end' || this.#expected === 'comma-or-end')) {
      const inGroup = this.#group !== undefined;
      this.#group = undefined;
      return this.#take(inGroup ? 'comma-or-end' : 'nothing');
    }
    if (character === ',' && this.#expected === 'comma-or-end') return this.#take('key');
    if (character === '"' && (this.#expected === 'key' || this.#expected === 'key-or-end')) return this.#entry(entries);
    throw new FileMapError(`${JSON.stringify(character)} where ${wanted[this.#expected]} should stand`);
  }

  #take(expected: Expected): true {
    this.#position += 1;
    this.#expected = expected;
    return true;
  }

  #entry(entries: FileMapEntry[]): boolean {
    const text = this.#text;
    const keyEnd = endOfString(text, this.#position);
    if (keyEnd === undefined) return false;
    const colon = afterSpace(text, keyEnd);
    if (colon >= text.length) return false;
    if (text[colon] !== ':') throw new FileMapError(`${JSON.stringify(text[colon])} where a colon should stand`);
    const start = afterSpace(text, colon + 1);
    if (start >= text.length) return false;
    const key = parsed(text.slice(this.#position, keyEnd));
    if (typeof key !== 'string') throw new FileMapError('a key that is no text');
    const group = groups.find((name) => name === key);
    if (this.#group === undefined && group !== undefined && text[start] === '{') {
      this.#group = group;
      this.#position = start;
      return this.#take('key-or-end');
    }
    const end = endOfValue(text, start);
    if (end === undefined) return false;
    entries.push({ group: this.#group, cid: key, value: parsed(text.slice(start, end)) });
    this.#position = end;
    this.#expected = 'comma-or-end';
    return true;
  }
}

const wanted: Readonly<Record<Expected, string>> = {
  map: 'a map of files',
  'key-or-end': 'a CID or the end of the map',
  key: 'a CID',
  'comma-or-end': 'a comma or the end of the map',
  nothing: 'nothing more',
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FileMapError('an entry that is not JSON', { cause: error });
  }
}

function afterSpace(text: string, from: number): number {
  let position = from;
  for (;;) {
    const code = text.charCodeAt(position);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return position;
    position += 1;
  }
}

/** Behind the closing quote of the string that begins at `start`; undefined when it has not ended yet. */
function endOfString(text: string, start: number): number | undefined {
  for (let position = start + 1; position < text.length; position += 1) {
    const code = text.charCodeAt(position);
    if (code === 0x5c) position += 1;
    else if (code === 0x22) return position + 1;
  }
  return undefined;
}

/** Behind the value that begins at `start`; a bare word or number ends where something else begins. */
function endOfValue(text: string, start: number): number | undefined {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first !== '{' && first !== '[') {
    const length = text.slice(start).search(/[,}\]\s]/u);
    return length === -1 ? undefined : start + length;
  }
  let depth = 0;
  for (let position = start; position < text.length; position += 1) {
    const code = text.charCodeAt(position);
    if (code === 0x22) {
      const end = endOfString(text, position);
      if (end === undefined) return undefined;
      position = end - 1;
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1;
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
      if (depth === 0) return position + 1;
    }
  }
  return undefined;
}
