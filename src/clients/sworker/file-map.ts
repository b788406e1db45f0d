import { endOfString, endOfValue, isPlainText, jsonOf, skipSpace } from './json-bytes.ts';
import { FileMapError } from './file-map-error.ts';

const groups = ['pending', 'valid', 'lost'] as const;
type Group = (typeof groups)[number];

/** One file of a map that sWorker sends: its value are the bytes from `start` to `end`, valid only while it is being taken. */
export interface FileMapEntry {
  /** The type it stood under in a nested map. */
  readonly group: Group | undefined;
  readonly cid: string;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

// A file's entry is some 150 bytes; what is longer is no entry, and must not be collected.
const maxEntryBytes = 64 * 1024;

type Expected = 'map' | 'key-or-end' | 'key' | 'comma-or-end' | 'nothing';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * Reads `{"cid": {…}, …}` or `{"valid": {"cid": {…}, …}, …}` piece by piece, holding one entry at a time: sWorker's list of files is tens of
 * megabytes long. Strict about everything between the entries; what an entry's value is, the taker says.
 */
export class FileMapReader<T> {
  readonly #take: (entry: FileMapEntry) => T;
  #room: Buffer = Buffer.alloc(0);
  #bytes: Buffer = this.#room;
  #position = 0;
  #expected: Expected = 'map';
  #group: Group | undefined;

  constructor(take: (entry: FileMapEntry) => T) {
    this.#take = take;
  }

  /** The entries that are complete now. */
  push(chunk: Uint8Array): T[] {
    this.#collect(chunk);
    const taken: T[] = [];
    while (this.#step(taken));
    if (this.#bytes.length - this.#position > maxEntryBytes) throw new FileMapError('an entry without an end');
    return taken;
  }

  /** To be called at the end of the bytes: throws when the map has not ended. */
  end(): void {
    if (this.#expected === 'nothing' && skipSpace(this.#bytes, this.#position) === this.#bytes.length) return;
    throw new FileMapError('the map of files ends in the middle');
  }

  /** Puts what is left and the chunk into the same memory again and again: a list would leave its own size of buffers to the collector. */
  #collect(chunk: Uint8Array): void {
    const rest = this.#bytes.subarray(this.#position);
    const length = rest.length + chunk.length;
    const room = this.#room.length < length ? Buffer.alloc(2 * length) : this.#room;
    // Both may lie in the same memory: `set` copies as if by way of another.
    room.set(rest, 0);
    room.set(chunk, rest.length);
    this.#room = room;
    this.#bytes = room.subarray(0, length);
    this.#position = 0;
  }

  /** Takes one piece; false when more bytes are needed for the next. */
  #step(taken: T[]): boolean {
    this.#position = skipSpace(this.#bytes, this.#position);
    const byte = this.#bytes[this.#position];
    if (byte === undefined) return false;
    const expected = this.#expected;
    if (byte === QUOTE && (expected === 'key' || expected === 'key-or-end')) return this.#entry(taken);
    if (byte === COMMA && expected === 'comma-or-end') return this.#pass('key');
    if (byte === OPEN && expected === 'map') return this.#pass('key-or-end');
    if (byte === CLOSE && (expected === 'key-or-end' || expected === 'comma-or-end')) {
      const inGroup = this.#group !== undefined;
      this.#group = undefined;
      return this.#pass(inGroup ? 'comma-or-end' : 'nothing');
    }
    throw new FileMapError(`${shown(byte)} where ${wanted[expected]} should stand`);
  }

  #pass(expected: Expected): true {
    this.#position += 1;
    this.#expected = expected;
    return true;
  }

  #entry(taken: T[]): boolean {
    const bytes = this.#bytes;
    const keyStart = this.#position;
    const keyEnd = endOfString(bytes, keyStart);
    if (keyEnd === undefined) return false;
    const colon = skipSpace(bytes, keyEnd);
    if (colon >= bytes.length) return false;
    if (bytes[colon] !== COLON) throw new FileMapError(`${shown(bytes[colon])} where a colon should stand`);
    const start = skipSpace(bytes, colon + 1);
    if (start >= bytes.length) return false;
    if (this.#group === undefined && bytes[start] === OPEN) {
      const group = groupAt(bytes, keyStart, keyEnd);
      if (group !== undefined) {
        this.#group = group;
        this.#position = start;
        return this.#pass('key-or-end');
      }
    }
    const end = endOfValue(bytes, start);
    if (end === undefined) return false;
    if (end - keyStart > maxEntryBytes) throw new FileMapError('an entry without an end');
    taken.push(this.#take({ group: this.#group, cid: keyOf(bytes, keyStart, keyEnd), bytes, start, end }));
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

function shown(byte: number | undefined): string {
  return JSON.stringify(String.fromCharCode(byte ?? 0));
}

/** The longest name of a group with its quotes. */
const longestGroup = Math.max(...groups.map((group) => group.length)) + 2;

function groupAt(bytes: Buffer, start: number, end: number): Group | undefined {
  if (end - start > longestGroup) return undefined;
  const key = keyOf(bytes, start, end);
  return groups.find((name) => name === key);
}

/** The text of the string that stands, with its quotes, from `start` to `end`. */
function keyOf(bytes: Buffer, start: number, end: number): string {
  if (isPlainText(bytes, start + 1, end - 1)) return bytes.toString('latin1', start + 1, end - 1);
  const key = jsonOf(bytes, start, end);
  if (typeof key !== 'string') throw new FileMapError('a key that is no text');
  return key;
}
