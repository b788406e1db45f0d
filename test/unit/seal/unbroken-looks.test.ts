import { expect, it } from 'vitest';
import { UnbrokenLooks } from '../../../src/seal/unbroken-looks.ts';

it.each([
  ['go on over half an hour at a time', [1000, 1300, 1600, 1601], [0, 300, 600, 601]],
  ['begin anew after a block more', [1000, 1300, 1601, 1610], [0, 300, 0, 9]],
  [
    'begin anew with a head that had run away, and with the one that follows it',
    [1000, 9000, 1010, 1020],
    [0, 0, 0, 10],
  ],
  ['go on while the head stands still or falls a little', [1000, 1100, 1100, 1090], [0, 100, 100, 90]],
])('looks %s', (_, heads, lookedBlocks) => {
  const looks = new UnbrokenLooks();
  expect(heads.map((head) => looks.add(head))).toEqual(lookedBlocks);
});
