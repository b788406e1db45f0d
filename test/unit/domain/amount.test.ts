import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromSortableText, toSortableText } from '../../../src/domain/amount.ts';

const amount = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
const usual = fc.bigInt({ min: 0n, max: 10n ** 21n });

describe('amounts as text', () => {
  it('keep every digit and sort as the amounts do', () => {
    fc.assert(
      fc.property(fc.oneof(amount, usual), fc.oneof(amount, usual), (a, b) => {
        const [textOfA, textOfB] = [toSortableText(String(a)), toSortableText(String(b))];
        expect(fromSortableText(textOfA)).toBe(String(a));
        expect(textOfA < textOfB).toBe(a < b);
        expect(textOfA === textOfB).toBe(a === b);
      }),
    );
  });

  it('take 20 characters up to 10^20 pico-CRU, which is more than there are', () => {
    expect(toSortableText('0')).toBe('00000000000000000000');
    expect(toSortableText('9'.repeat(20))).toHaveLength(20);
    expect(toSortableText(`1${'0'.repeat(20)}`)).toBe(`:${`1${'0'.repeat(20)}`.padStart(39, '0')}`);
  });
});
