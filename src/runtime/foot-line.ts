import { Writable } from 'node:stream';

/** Takes away what stands on a terminal's present line. */
export const eraseLine = '\r\u001B[2K';
const usualColumns = 80;

/** A terminal, as far as it is needed; `columns` is its width. */
export type Terminal = NodeJS.WritableStream & { readonly columns?: number };

/**
 * A terminal whose last line can be held: what is written to it, whole lines ending in a line feed, appears above that line, which is never part of
 * the text that scrolls away.
 */
export class FootLine extends Writable {
  readonly #terminal: Terminal;
  #shown = '';

  constructor(terminal: Terminal) {
    super({ decodeStrings: false });
    this.#terminal = terminal;
  }

  /** Puts a line in place of the one that is held; an empty one holds none. It is cut at the terminal's width: a second row could not be erased. */
  show(line: string): void {
    const shown = line.slice(0, (this.#terminal.columns ?? usualColumns) - 1);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#terminal.write(`${eraseLine}${shown}`);
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const text = chunk.toString();
    this.#terminal.write(this.#shown === '' ? text : `${eraseLine}${text}${this.#shown}`);
    done();
  }
}
