import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { printable } from '../../../../lib/printable.ts';

/** A crash says why in its first lines, with a stack behind it; hostile metadata may make it say megabytes. */
const mostCharacters = 4000;

/**
 * The beginning of what a process writes to its error output, fit for one log line. Everything is read, as a pipe that nobody empties would stop the
 * process; the rest is counted only.
 */
export class ErrorOutput {
  readonly #decoder = new StringDecoder('utf8');
  #text = '';
  #bytes = 0;

  constructor(stream: Readable) {
    stream.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length;
      if (this.#text.length < mostCharacters) this.#text += this.#decoder.write(chunk);
    });
  }

  get writtenBytes(): number {
    return this.#bytes;
  }

  get text(): string {
    return printable(this.#text.trim(), mostCharacters);
  }
}
