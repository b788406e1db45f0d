const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const NULL = Buffer.from('null');

/**
 * Walks JSON where it stands in bytes, looking only at its structure: what a text says is found by native search for its end. Only for plain bytes
 * (see `RawResult`), in which a quote always begins or ends a text. Every method says false (or undefined) at what it did not expect; then the bytes are
 * to be parsed as ordinary JSON, which also says what is wrong with them.
 */
export class JsonCursor {
  readonly bytes: Buffer;
  at: number;
  /** Where the last text began and ended, without its quotes. */
  from = 0;
  to = 0;
  readonly #end: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  openList(): boolean {
    return this.#take(OPEN_LIST);
  }

  closeList(): boolean {
    return this.#take(CLOSE_LIST);
  }

  openObject(): boolean {
    return this.#take(OPEN_OBJECT);
  }

  closeObject(): boolean {
    return this.#take(CLOSE_OBJECT);
  }

  comma(): boolean {
    return this.#take(COMMA);
  }

  /** A text; sets `from` and `to`. */
  text(): boolean {
    if (!this.#take(QUOTE)) return false;
    const end = this.bytes.indexOf(QUOTE, this.at);
    if (end < 0 || end >= this.#end) return false;
    this.from = this.at;
    this.to = end;
    this.at = end + 1;
    return true;
  }

  /** A text and the colon behind it. */
  name(): boolean {
    return this.text() && this.#take(0x3a);
  }

  /** Whether the last text is this. */
  said(text: string): boolean {
    return this.to - this.from === text.length && this.bytes.toString('latin1', this.from, this.to) === text;
  }

  null(): boolean {
    this.#skipSpace();
    if (!this.#has(NULL)) return false;
    this.at += NULL.length;
    return true;
  }

  /** A whole number of at most 15 digits. */
  wholeNumber(): number | undefined {
    this.#skipSpace();
    const from = this.at;
    let value = 0;
    for (let digit = this.#peek(); digit >= ZERO && digit <= NINE; digit = this.#peek()) {
      value = value * 10 + digit - ZERO;
      this.at += 1;
    }
    const digits = this.at - from;
    if (digits === 0 || digits > 15 || (digits > 1 && this.bytes[from] === ZERO)) return undefined;
    return value;
  }

  /** Moves behind any value. Lists and objects are only balanced, not read. */
  skipValue(): boolean {
    let depth = 0;
    do {
      this.#skipSpace();
      const byte = this.#peek();
      if (byte === QUOTE) {
        if (!this.text()) return false;
      } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        depth += 1;
        this.at += 1;
      } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
        depth -= 1;
        this.at += 1;
      } else if (depth > 0 && (byte === COMMA || byte === 0x3a)) {
        this.at += 1;
      } else if (!this.#skipWord()) return false;
    } while (depth > 0);
    return depth === 0;
  }

  /** Whether nothing but white space is left. */
  isAtEnd(): boolean {
    this.#skipSpace();
    return this.at === this.#end;
  }

  /** A number, true, false or null. */
  #skipWord(): boolean {
    const from = this.at;
    for (let byte = this.#peek(); isOfWord(byte); byte = this.#peek()) this.at += 1;
    return this.at > from;
  }

  #take(byte: number): boolean {
    if (this.#peek() !== byte) {
      this.#skipSpace();
      if (this.#peek() !== byte) return false;
    }
    this.at += 1;
    return true;
  }

  #has(word: Buffer): boolean {
    if (this.at + word.length > this.#end) return false;
    return word.every((byte, index) => this.bytes[this.at + index] === byte);
  }

  #skipSpace(): void {
    for (
      let byte = this.#peek();
      byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
      byte = this.#peek()
    )
      this.at += 1;
  }

  /** 0 at the end, which no JSON has outside of texts. */
  #peek(): number {
    return this.at < this.#end ? (this.bytes[this.at] ?? 0) : 0;
  }
}

function isOfWord(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= ZERO && byte <= NINE) ||
    byte === MINUS ||
    byte === 0x2b ||
    byte === 0x2e ||
    byte === 0x45
  );
}
