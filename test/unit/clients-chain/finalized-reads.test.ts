import { describe, expect, it } from 'vitest';
import type { Ask } from '../../../src/clients/chain/ask.ts';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { FinalizedReads, type PresentChain } from '../../../src/clients/chain/orders/finalized-reads.ts';
import { accountOf } from '../../../src/domain/account.ts';
import { type ErrorCode, SmError } from '../../../src/domain/errors.ts';

const key = chainOrderKey('a');
const signal = new AbortController().signal;

function pick(ask: Ask): string {
  return ask.only ?? (ask.avoid === 'first' ? 'second' : 'first');
}

/** Two end points that are asked in their order but for the avoided one; the first cannot be decoded. */
function twoEndPoints(code: ErrorCode = 'CHAIN_UNDECODABLE', names: readonly string[] = []) {
  const asked: string[] = [];
  const chain: PresentChain = {
    endPoints: { states: () => names.map((name) => ({ name, state: 'usable' })) },
    blocks: {
      syncState: async (ask) => ({ value: { syncing: false, reason: null }, endPoint: pick(ask) }),
      finalizedHead: async (ask) => ({ value: { number: 7, hash: '0x07' }, endPoint: pick(ask) }),
    },
    orders: {
      readOrders: async (keys, at, _view, ask) => {
        const endPoint = pick(ask);
        asked.push(endPoint);
        if (endPoint === 'first') throw new SmError(code, 'no', { endPoint });
        return { value: keys.map((asked) => ({ key: asked, atBlock: at.number, figures: undefined })), endPoint };
      },
    },
  };
  const facts = { find: async () => undefined };
  return { asked, reads: new FinalizedReads({ chain, facts, account: accountOf('11'.repeat(32)) }) };
}

describe('reading orders for the present', () => {
  it('leaves the choice to whoever names an end point to avoid', async () => {
    const { asked, reads } = twoEndPoints();
    await expect(reads.read([key], { avoid: 'second' }, signal)).rejects.toMatchObject({ code: 'CHAIN_UNDECODABLE' });
    await expect(reads.read([key], { avoid: 'second' }, signal)).rejects.toMatchObject({ code: 'CHAIN_UNDECODABLE' });
    expect(asked).toEqual(['first', 'first']);
  });

  it.each(['CHAIN_BAD_ANSWER', 'CHAIN_RPC_ERROR', 'CHAIN_UNDECODABLE'] as const)(
    'takes the answer of another end point that there is when the first answers wrongly (%s), also for a second look',
    async (code) => {
      const { asked, reads } = twoEndPoints(code, ['first', 'second']);
      expect(await reads.read([key], {}, signal)).toMatchObject({ endPoint: 'second' });
      expect(await reads.read([key], { avoid: 'second' }, signal)).toMatchObject({ endPoint: 'second' });
      expect(asked).toEqual(['first', 'second', 'first', 'second']);
    },
  );

  it('asks nobody else when the first is away or behind', async () => {
    const { asked, reads } = twoEndPoints('CHAIN_SYNCING', ['first', 'second']);
    await expect(reads.read([key], {}, signal)).rejects.toMatchObject({ code: 'CHAIN_SYNCING' });
    expect(asked).toEqual(['first']);
  });
});
