const BLOCK_BYTES = 256 * 1024;
/** Less than this left in a block is not worth a read. */
const LEAST_READ_BYTES = 64 * 1024;
/** Blocks remembered that wait for their message, and blocks kept for reuse: 16 MiB of each. Beyond them memory is left to the garbage collector. */
const MAX_KEPT_BLOCKS = 64;
/** A message below this says that nothing large is being read at the moment. */
const SMALL_MESSAGE_BYTES = 16 * 1024;

interface Block {
  readonly memory: Buffer;
  /** Position of its first byte in the stream. */
  readonly startsAt: number;
  usedBytes: number;
}

/**
 * Memory that a WebSocket's bytes are read into, used again once the message they belong to was delivered. A page of orders is megabytes; a new piece
 * of memory for each read has the garbage collector run for their sake alone, which moves everything else that is alive to the old generation.
 */
export class ReceiveMemory {
  #block: Block = { memory: Buffer.allocUnsafeSlow(BLOCK_BYTES), startsAt: 0, usedBytes: 0 };
  /** How far the delivered messages reach in the stream at least. */
  #deliveredTo = 0;
  readonly #full: Block[] = [];
  readonly #free: Buffer[] = [];

  /** Room for the next read. */
  room(): Buffer {
    const { memory, startsAt, usedBytes } = this.#block;
    if (memory.length - usedBytes >= LEAST_READ_BYTES) return memory.subarray(usedBytes);
    this.#full.push(this.#block);
    if (this.#full.length > MAX_KEPT_BLOCKS) this.#full.shift();
    const next = this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#block = { memory: next, startsAt: startsAt + usedBytes, usedBytes: 0 };
    return next;
  }

  /** So many bytes were read into the room given last. */
  received(bytes: number): void {
    this.#block.usedBytes += bytes;
  }

  /**
   * A message of the stream, neither compressed nor masked, was delivered and is used up: its bytes, and all before them, are nobody's any more.
   * @param message as it was delivered: a view of this memory or a copy
   * @returns whether it is a copy, with memory of its own
   */
  delivered(message: Buffer): boolean {
    const messageBytes = message.length;
    const block = this.#blockOf(message);
    // A copy does not say where it came from: a handshake, pings and the headers of fragments are not counted then, until a view tells the place.
    if (block === undefined) this.#deliveredTo += leastHeaderBytes(messageBytes) + messageBytes;
    else this.#deliveredTo = block.startsAt + message.byteOffset - block.memory.byteOffset + messageBytes;
    this.#reuse();
    if (messageBytes < SMALL_MESSAGE_BYTES && this.#free.length > 1) this.#free.pop();
    return block === undefined;
  }

  #blockOf({ buffer }: Buffer): Block | undefined {
    if (this.#block.memory.buffer === buffer) return this.#block;
    return this.#full.find(({ memory }) => memory.buffer === buffer);
  }

  #reuse(): void {
    for (;;) {
      const [first] = this.#full;
      if (first === undefined || first.startsAt + first.usedBytes > this.#deliveredTo) return;
      this.#full.shift();
      if (this.#free.length < MAX_KEPT_BLOCKS) this.#free.push(first.memory);
    }
  }
}

/** Of a frame from a server, RFC 6455 section 5.2. */
function leastHeaderBytes(payloadBytes: number): number {
  if (payloadBytes < 126) return 2;
  return payloadBytes < 65_536 ? 4 : 10;
}
