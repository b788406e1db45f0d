import { describe, expect, it } from 'vitest';
import { addressOf } from '../../../src/domain/account.ts';
import { PayerNames } from '../../../src/clients/chain/events/payer-names.ts';

function account(number: number): Uint8Array {
  const key = Buffer.alloc(32, 7);
  key.writeUInt32BE(number, 0);
  return key;
}

describe('the names of payers', () => {
  it('are their addresses, also of more payers than are kept and of bytes that lie inside of others', () => {
    const names = new PayerNames();
    for (let number = 0; number < 2100; number += 1) names.of(account(number));
    for (const number of [0, 1, 99, 2050, 2099]) {
      const block = Buffer.concat([Buffer.alloc(5, 0xff), account(number), Buffer.alloc(5, 0xff)]);
      expect(names.of(block.subarray(5, 37))).toBe(addressOf(account(number)));
      expect(names.of(block.subarray(5, 37))).toBe(addressOf(account(number)));
    }
  });
});
