import { describe, expect, it } from 'vitest';
import { ChainModel } from '../../../devnet/chain/model.ts';
import { fileInfo } from '../../../devnet/chain/model-files.ts';
import { SeededRandom } from '../../../devnet/chain/seeded-random.ts';
import { madeUpOrders } from '../../../devnet/demo/orders/made-up-orders.ts';
import { putNetwork } from '../../../devnet/world/network.ts';
import { ruleVerdicts } from '../../../src/domain/verdicts.ts';

const options = { seed: 1, members: 3, activeNodes: 1200, goneNodes: 0 };

function seeded() {
  const chain = new ChainModel({ firstBlock: 12_000_000 });
  const orders = madeUpOrders(putNetwork(chain, options), new SeededRandom(1));
  for (const order of orders) order.put(chain);
  chain.advance(1);
  return { chain, orders };
}

describe("the demo's orders without bytes", () => {
  it('are of every kind the strategy tells apart that is not to be pulled', () => {
    const outcomes = new Set<string>(seeded().orders.map(({ outcome }) => outcome));
    // The first only comes about by what somebody does in sWorker.
    const others = ruleVerdicts.filter((verdict) => verdict !== 'removed-by-hand' && verdict !== 'take');
    expect([...outcomes].sort()).toEqual([...others, 'no-space'].map((verdict) => `waiting: ${verdict}`).sort());
  });

  it('stand on chain, each under its own CID, and are the same for the same seed', () => {
    const { chain, orders } = seeded();
    expect(new Set(orders.map(({ cid }) => cid)).size).toBe(orders.length);
    for (const { cid, sizeBytes } of orders) expect(fileInfo(chain, cid)?.sizeBytes).toBe(BigInt(sizeBytes));
    expect(seeded().orders.map(({ cid }) => cid)).toEqual(orders.map(({ cid }) => cid));
  });
});
