import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineTooLong, textLines } from '../../../src/clients/http/json-lines.ts';

async function* chunksOf(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const cut of [...new Set(cuts.map((position) => position % (bytes.length + 1))), bytes.length].sort(
    (a, b) => a - b,
  )) {
    yield bytes.subarray(start, cut);
    start = cut;
  }
}

async function lines(bytes: Buffer, cuts: readonly number[] = [], maxLineBytes = 1000): Promise<string[]> {
  const result: string[] = [];
  for await (const line of textLines(chunksOf(bytes, cuts), maxLineBytes)) result.push(line);
  return result;
}

describe('reading lines', () => {
  it('gives the same lines however the bytes are cut', async () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replace(/\s/gu, '_'));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat()), fc.boolean(), async (texts, cuts, ended) => {
        const bytes = Buffer.from(texts.join('\n') + (ended ? '\r\n' : ''));
        expect(await lines(bytes, cuts)).toEqual(texts.filter((text) => text !== ''));
      }),
    );
  });

  it('refuses a line that never ends', async () => {
    await expect(lines(Buffer.alloc(5000, 'x'), [1000, 2000])).rejects.toThrow(LineTooLong);
  });
});
