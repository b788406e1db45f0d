import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { orderPosition } from '../../../src/clients/chain/keys/order-position.ts';

describe('the position of an order', () => {
  it('is that of its key, whatever the CID is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 80 }), fc.string({ maxLength: 80, unit: 'binary' })), (cid) => {
        expect(orderPosition(cid)).toBe(chainOrderKey(cid).position);
      }),
    );
  });

  it.each([0, 1, 62, 63, 64, 200])('is that of its key at %i characters', (length) => {
    expect(orderPosition('x'.repeat(length))).toBe(chainOrderKey('x'.repeat(length)).position);
  });
});
