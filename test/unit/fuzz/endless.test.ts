import { describe, expect, it } from 'vitest';
import { httpCalls } from '../../fuzz/harness/http-calls.ts';
import { judgeEndless } from '../../fuzz/targets/endless.ts';

// Each call: which of them the fuzzer draws within its time is chance.
describe.each(Object.keys(httpCalls))('an answer of 200 to %s', (call) => {
  it.each([
    ['blanks', '', ' '],
    ['whole lines', '', `{"Progress":1}${' '.repeat(200)}\n`],
    ['one line', '{"Pins":["', 'Qm'],
    ['entries of a list', '{', '"QmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjNn":{"size":1,"s_size":2},'],
  ])('that never ends takes no room: %s', async (_, head, unit) => {
    await expect(judgeEndless({ call, status: 200, head, unit })).resolves.toBeUndefined();
  });
});
