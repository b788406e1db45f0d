import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonErrorPosition } from '../../../src/config/reading/json-text.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('finding where a text stops being JSON', () => {
  it('finds a place exactly in texts that the platform refuses', () => {
    const spoiled = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '"', '}', ']', 'x', '\n', '\\', '0', ' '),
        fc.nat({ max: 2 }),
      )
      .map(([text, at, inserted, removed]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + inserted + text.slice(place + removed);
      });
    fc.assert(
      fc.property(spoiled, (text) => {
        expect(jsonErrorPosition(text) === undefined).toBe(isJson(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives up on what is nested too deep, without running out of stack', () => {
    expect(jsonErrorPosition('['.repeat(100_000))).toEqual({ line: 1, column: 502 });
  });

  it.each<[string, number, number]>([
    ['{"a": 1,}', 1, 9],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3],
    ['{\n  // a comment\n}', 2, 3],
    ['{"a": "x', 1, 7],
    ['', 1, 1],
    ['{} {}', 1, 4],
    ["{'a': 1}", 1, 2],
  ])('%j at line %i, column %i', (text, line, column) => {
    expect(jsonErrorPosition(text)).toEqual({ line, column });
  });
});
