import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ReceiveMemory } from '../../../../src/clients/chain/connection/receive-memory.ts';

/** What a frame's header takes at least, and what else the stream may carry before it (pings, headers of fragments). */
const headerBytes = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10);

const message = fc.record({
  length: fc.oneof(
    fc.constantFrom(0, 125, 126, 65_535, 65_536),
    fc.nat(2000),
    fc.integer({ min: 100_000, max: 3_000_000 }),
  ),
  more: fc.oneof(fc.constant(0), fc.nat(200)),
});

/** Plays a socket that reads as much as it is given and a WebSocket client that holds on to the pieces until a message is whole. */
function play(
  messages: readonly { readonly length: number; readonly more: number }[],
  reads: readonly number[],
): number {
  const memory = new ReceiveMemory();
  const held: { readonly piece: Buffer; readonly position: number }[] = [];
  const blocks = new Set<ArrayBufferLike>();
  let position = 0;
  let turn = 0;
  for (const { length, more } of messages) {
    const end = position + more + headerBytes(length) + length;
    // A read does not end where a message does; the last bytes of this one may come with the first of the next.
    while (position < end) {
      const room = memory.room();
      blocks.add(room.buffer);
      const wanted = reads[turn++ % reads.length] ?? 1;
      const piece = room.subarray(0, Math.min(room.length, wanted));
      piece.fill(position % 251);
      memory.received(piece.length);
      held.push({ piece, position });
      position += piece.length;
    }
    for (const { piece, position: at } of held) {
      expect(piece[0]).toBe(at % 251);
      expect(piece.at(-1)).toBe(at % 251);
    }
    const last = held.at(-1);
    held.length = 0;
    if (last !== undefined) held.push(last);
    // As `ws` delivers: a view of what lies in one piece, a copy of what does not.
    const start = end - length - (last?.position ?? 0);
    const message =
      last !== undefined && start >= 0 ? last.piece.subarray(start, start + length) : Buffer.alloc(length);
    memory.delivered(message);
  }
  return blocks.size;
}

it('never lends memory whose bytes were not delivered yet', () => {
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 12 }),
      fc.array(fc.integer({ min: 1000, max: 262_144 }), { minLength: 1, maxLength: 5 }),
      (messages, reads) => {
        expect(play(messages, reads)).toBeGreaterThan(0);
      },
    ),
    { numRuns: 60 },
  );
});

it('uses the same memory for page after page', () => {
  const pages = Array.from({ length: 60 }, () => ({ length: 3_000_000, more: 0 }));
  expect(play(pages, [65_536])).toBeLessThanOrEqual(16);
});

it('takes no more and more memory when what it cannot count adds up over months', () => {
  const heads = Array.from({ length: 20_000 }, () => ({ length: 300, more: 120 }));
  expect(play(heads, [4096])).toBeLessThanOrEqual(4);
});

it('gives memory of large messages back once only small ones come', () => {
  const memory = new ReceiveMemory();
  const page = (): Set<ArrayBufferLike> => {
    const blocks = new Set<ArrayBufferLike>();
    for (let bytes = 0; bytes < 3_000_000; ) {
      const room = memory.room();
      blocks.add(room.buffer);
      memory.received(room.length);
      bytes += room.length;
    }
    memory.delivered(Buffer.alloc(3_000_000));
    return blocks;
  };
  const before = page();
  for (let head = 0; head < 20; head += 1) memory.delivered(Buffer.alloc(300));
  const after = page();
  expect([...after].filter((block) => before.has(block)).length).toBeLessThanOrEqual(2);
});

it('tells a copy from a message that fills a whole block, whose memory is not to be given away', () => {
  const memory = new ReceiveMemory();
  const block = memory.room();
  memory.received(block.length);
  expect(memory.delivered(block)).toBe(false);
  expect(memory.delivered(Buffer.alloc(block.length))).toBe(true);
});
