const START_BYTES = 4 * 1024 ** 2;

/** JSON text put together in one buffer. */
export class AnswerText {
  #bytes: Buffer;
  #length = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The buffer with room for so many characters behind `length`. */
  room(characters: number): Buffer {
    if (this.#length + characters > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.#length + characters));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    return this.#bytes;
  }

  get length(): number {
    return this.#length;
  }

  /** What was written into `room`. */
  wroteTo(length: number): void {
    this.#length = length;
  }

  add(text: string): void {
    this.#length += this.room(text.length).write(text, this.#length, 'latin1');
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  get whole(): Buffer {
    return this.#bytes;
  }
}

/** Buffers that are written, sent and written again: fresh ones of megabytes would cost as much as filling them. */
export class AnswerPool {
  readonly #free: Buffer[] = [];

  take(): AnswerText {
    return new AnswerText(this.#free.pop() ?? Buffer.allocUnsafeSlow(START_BYTES));
  }

  giveBack(answer: AnswerText): void {
    this.#free.push(answer.whole);
  }
}
