import * as fc from 'fast-check';

/**
 * Writers of a JSON object as nodes and proxies may send it: with white space anywhere, some texts escaped, a member twice, or broken by cutting or
 * by changing a character.
 */
export const looseJson: fc.Arbitrary<(members: readonly [string, unknown][]) => string> = fc
  .record({
    space: fc.constantFrom('', ' ', '\n', '\t\r\n '),
    twice: fc.boolean(),
    escapes: fc.boolean(),
    damage: fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      {
        weight: 1,
        arbitrary: fc.record({ at: fc.nat(200), kind: fc.constantFrom('cut', '"', '\\', '[', ']', ',', ':', 'x', '') }),
      },
    ),
  })
  .map(({ space, twice, escapes, damage }) => (members) => {
    const all = twice && members[0] !== undefined ? [...members, members[0]] : members;
    const spaced = (value: unknown): string => {
      const text = JSON.stringify(value);
      return escapes ? text.replace('"0x', '"\\u0030x') : text;
    };
    const inner = all.map(
      ([name, value]) => `${space}${JSON.stringify(name)}${space}:${space}${spaced(value)}${space}`,
    );
    const text = `${space}{${inner.join(',')}}${space}`;
    if (damage === undefined) return text;
    // From both ends, where the structure is.
    const at = damage.at % 2 === 0 ? damage.at / 2 : Math.max(0, text.length - (damage.at + 1) / 2);
    if (damage.kind === 'cut') return text.slice(0, at);
    return `${text.slice(0, at)}${damage.kind}${text.slice(at + 1)}`;
  });
