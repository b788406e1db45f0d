export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

const text = '"(?:[^"\\\\\\u0000-\\u001f]|\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4}))*"';
const number = '-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?';
const word = new RegExp(`(?:${text}|${number}|true|false|null)`, 'uy');
// Deeper than any configuration, and far from the end of the stack.
const maxDepth = 500;
const space = /[ \t\r\n]*/uy;

/**
 * Where a text stops being JSON; undefined when it is JSON. The platform's own message shows the text around the place, and that may be a token.
 */
export function jsonErrorPosition(text: string): TextPosition | undefined {
  const offset = new JsonWalk(text).errorOffset();
  if (offset === undefined) return undefined;
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

class JsonWalk {
  readonly #text: string;
  #offset = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  errorOffset(): number | undefined {
    const complete = this.#value() && this.#skip(space) && this.#offset === this.#text.length;
    return complete ? undefined : this.#offset;
  }

  /** Every step answers whether it went well, and leaves the offset where it did not. */
  #value(): boolean {
    this.#skip(space);
    if (this.#take('{')) return this.#members('}', () => this.#skip(space) && this.#key() && this.#value());
    if (this.#take('[')) return this.#members(']', () => this.#value());
    return this.#skip(word);
  }

  #members(end: string, member: () => boolean): boolean {
    this.#skip(space);
    if (this.#take(end)) return true;
    if (this.#depth === maxDepth) return false;
    this.#depth += 1;
    for (;;) {
      if (!member()) return false;
      this.#skip(space);
      if (this.#take(end)) break;
      if (!this.#take(',')) return false;
    }
    this.#depth -= 1;
    return true;
  }

  #key(): boolean {
    return this.#text[this.#offset] === '"' && this.#skip(word) && this.#skip(space) && this.#take(':');
  }

  #take(character: string): boolean {
    if (this.#text[this.#offset] !== character) return false;
    this.#offset += 1;
    return true;
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text);
    if (found === null) return false;
    this.#offset += found[0].length;
    return true;
  }
}
