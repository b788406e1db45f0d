import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rawMessage, rawResultOf } from '../../../../src/clients/chain/messages/raw-message.ts';
import { looseJson } from '../loose-json.ts';

/** Long enough to be worth it. */
const padding = `0x${'ab'.repeat(3000)}`;
const hexText = fc.uint8Array({ maxLength: 40 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`);
const oddText = fc.string({ unit: 'grapheme', maxLength: 8 });
const value = fc.jsonValue({ maxDepth: 3 });
const result = fc.oneof(
  fc.array(fc.tuple(hexText, fc.option(hexText)), { maxLength: 5 }),
  fc.array(hexText, { maxLength: 5 }),
  fc.array(oddText, { maxLength: 5 }),
  value,
);

/** What JSON.parse says about the message, undefined when it is none. */
function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe('an answer cut out of its bytes', () => {
  it('is the one that parsing all of it gives, or is left to the parser', () => {
    let cut = 0;
    fc.assert(
      fc.property(
        fc.nat(1e9),
        result,
        fc.oneof(
          { weight: 4, arbitrary: fc.shuffledSubarray(['jsonrpc', 'id', 'result'], { minLength: 3 }) },
          {
            weight: 1,
            arbitrary: fc.shuffledSubarray(['jsonrpc', 'id', 'result', 'error', 'extra'], { minLength: 2 }),
          },
        ),
        looseJson,
        (id, content, names, write) => {
          const members: [string, unknown][] = names.map((name) => {
            if (name === 'jsonrpc') return [name, '2.0'];
            if (name === 'id') return [name, id];
            return name === 'result' ? [name, [content, padding]] : [name, padding];
          });
          const text = write(members);
          const message = rawMessage(Buffer.from(text));
          if (message === undefined) return;
          cut += 1;
          const expected = parsed(text);
          const contents = parsed(message.result.bytes.toString());
          // Where it is no JSON, all that is wrong is inside the result, and its reader comes upon it.
          expect({ id: message.id, contents }).toEqual({
            id: expected?.['id'] ?? message.id,
            contents: expected?.['result'],
          });
          expect(Object.keys(expected ?? {}).every((name) => ['jsonrpc', 'id', 'result'].includes(name))).toBe(true);
        },
      ),
      { numRuns: 1500 },
    );
    expect(cut).toBeGreaterThan(100);
  });

  it('is found in the forms that nodes of both generations send', () => {
    const answer = JSON.stringify([padding]);
    for (const text of [
      `{"jsonrpc":"2.0","result":${answer},"id":12}`,
      `{"jsonrpc":"2.0","id":12,"result":${answer}}`,
      ` { "id" : 12 ,\n"result" : ${answer} , "jsonrpc" : "2.0" } `,
    ]) {
      const message = rawMessage(Buffer.from(text));
      expect(message).toMatchObject({ id: 12, result: { isPlain: true } });
      expect(message?.result.bytes.toString().trim()).toBe(answer);
    }
  });

  it.each([
    ['a member twice', `{"id":1,"id":2,"result":"${padding}"}`],
    ['two results', `{"id":1,"result":"${padding}","result":"x"}`],
    ['an error', `{"id":1,"error":{"code":1,"message":"${padding}"}}`],
    ['an escape', `{"id":1,"result":"${padding}\\u0030"}`],
    ['a text that is not ASCII', `{"id":1,"result":"${padding}ä"}`],
    ['an id that is no whole number', `{"id":"1","result":"${padding}"}`],
    ['a negative id', `{"id":-1,"result":"${padding}"}`],
    ['an id with an exponent', `{"id":1e3,"result":"${padding}"}`],
    ['a batch', `[{"id":1,"result":"${padding}"}]`],
    ['something behind it', `{"id":1,"result":"${padding}"}{}`],
    ['no id', `{"result":"${padding}"}`],
    ['a small answer', '{"id":1,"result":"0x00"}'],
  ])('is left to the parser when it has %s', (_, text) => {
    expect(rawMessage(Buffer.from(text))).toBeUndefined();
  });

  it('is left to the parser wherever it is cut', () => {
    const text = `{"jsonrpc":"2.0","result":[["0x00",null],["${padding}","0x"],{"a":[1,true]}],"id":7}`;
    for (let length = text.length - 120; length < text.length; length += 1) {
      expect(rawMessage(Buffer.from(text.slice(0, length)))).toBeUndefined();
    }
    expect(rawMessage(Buffer.from(text))?.id).toBe(7);
  });
});

describe('a result that came as a value', () => {
  it('is as it would have come, and says whether its texts stand there as they are', () => {
    fc.assert(
      fc.property(value, (content) => {
        const { bytes, isPlain } = rawResultOf(content, 'node', 'x');
        const text = JSON.stringify(content);
        expect(bytes.toString()).toBe(text);
        expect(isPlain).toBe(/^[\x20-\x5b\x5d-\x7f]*$/.test(text));
      }),
    );
  });
});
