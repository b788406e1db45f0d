import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockChanges, ordersTold } from '../../../src/chain/events/block-changes.ts';
import type { MarketEvent } from '../../../src/chain/ports.ts';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { plainFigures } from '../../support/chain-room-world.ts';

const key = chainOrderKey('a');
const block = { number: 7, hash: '0x07' };

function told(kind: 'FileSuccess' | 'RenewFileSuccess' | 'AddPrepaidSuccess'): MarketEvent {
  return { kind, key, payer: 'cTPayer' };
}

function ended(kind: 'CalculateSuccess' | 'FileClosed' | 'IllegalFileClosed'): MarketEvent {
  return { kind, key, payer: null };
}

function judge(events: readonly MarketEvent[], isPresent: boolean, specVersion = 25) {
  const read = { key, atBlock: 7, figures: isPresent ? plainFigures : undefined };
  const memos = events.map(() => null);
  return blockChanges(
    { block, specVersion, events },
    { memos, updatedReplicas: [] },
    { reads: [read], endPoint: 'one' },
  );
}

describe('what a block did to an order', () => {
  it.each([
    ['ordered', [told('FileSuccess')], true, { ordered: true, closed: false }],
    ['renewed', [told('RenewFileSuccess'), ended('CalculateSuccess')], true, { ordered: false, closed: false }],
    ['prepaid', [told('AddPrepaidSuccess')], true, { ordered: false, closed: false }],
    ['closed', [ended('FileClosed'), ended('CalculateSuccess')], false, { ordered: false, closed: true }],
    ['closed as illegal', [ended('IllegalFileClosed')], false, { ordered: false, closed: true }],
    [
      'closed, then ordered',
      [ended('FileClosed'), ended('CalculateSuccess'), told('FileSuccess')],
      true,
      { ordered: true, closed: false },
    ],
    ['ordered, then closed', [told('FileSuccess'), ended('IllegalFileClosed')], false, { ordered: true, closed: true }],
    ['calculated', [ended('CalculateSuccess')], true, { ordered: false, closed: false }],
  ] as const)('%s', (_, events, isPresent, expected) => {
    const { changes, contradictions } = judge(events, isPresent);
    expect(changes.orders).toMatchObject([expected]);
    expect(contradictions).toEqual([]);
  });

  it.each([22, 23])('closed by CalculateSuccess alone in runtime %i only before 23', (spec) => {
    const { changes, contradictions } = judge([ended('CalculateSuccess')], false, spec);
    expect(changes.orders).toHaveLength(spec === 22 ? 1 : 0);
    expect(contradictions).toHaveLength(spec === 22 ? 0 : 1);
  });

  it.each([
    ['ordered and yet gone', [told('FileSuccess')], false],
    ['closed, ordered and yet gone', [ended('FileClosed'), told('FileSuccess')], false],
    ['closed and yet present', [ended('FileClosed')], true],
    ['ordered, closed and yet present', [told('FileSuccess'), ended('FileClosed'), ended('CalculateSuccess')], true],
  ] as const)('%s is a contradiction', (_, events, isPresent) => {
    expect(judge(events, isPresent)).toMatchObject({ changes: { orders: [] }, contradictions: [key] });
  });

  it('names each order once, leaves out reads of other orders that found nothing, and keeps payments in order', () => {
    const other = chainOrderKey('other');
    const events = [told('FileSuccess'), ended('CalculateSuccess'), told('FileSuccess')];
    expect(ordersTold({ block, specVersion: 25, events })).toEqual([key]);
    const { changes } = blockChanges(
      { block, specVersion: 25, events },
      { memos: [Buffer.from('one'), null, Buffer.from('two')], updatedReplicas: [] },
      {
        reads: [
          { key, atBlock: 7, figures: plainFigures },
          { key: other, atBlock: 7, figures: undefined },
        ],
        endPoint: 'one',
      },
    );
    expect(changes.orders).toHaveLength(1);
    expect(changes.payments.map((payment) => String(payment.memo))).toEqual(['one', 'two']);
  });

  it('never closes an order that is present, nor calls a present one closed, whatever the events', () => {
    const event = fc.constantFrom(
      told('FileSuccess'),
      told('RenewFileSuccess'),
      told('AddPrepaidSuccess'),
      ended('CalculateSuccess'),
      ended('FileClosed'),
      ended('IllegalFileClosed'),
    );
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        fc.constantFrom(22, 25),
        (events, isPresent, spec) => {
          const { changes, contradictions } = judge(events, isPresent, spec);
          expect(changes.orders.length + contradictions.length).toBe(1);
          for (const order of changes.orders) expect(order.closed).toBe(!isPresent);
        },
      ),
    );
  });
});
