import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderPosition } from '../../../src/clients/chain/keys/order-position.ts';
import { orderStatuses, pinStatuses } from '../../../src/domain/statuses.ts';
import { heldWorld, type HeldWorld } from '../../support/held-world.ts';

/** CIDs are whatever sWorker names: some of these are hard to put into JSON or SQL. */
const odd = ['', "Qm'", 'Qm"', 'Qm\\', 'é', '😀', 'Qm\n', '__proto__', '%', '0x'];
const cids = [...odd, ...Array.from({ length: 40 }, (_, index) => `Qm${index}`)];

const sorted = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);

interface Known {
  readonly held: ReadonlyMap<string, { id: number; status: 'sealed' | 'lost'; missedRounds: number }>;
  readonly known: ReadonlySet<string>;
  readonly running: ReadonlySet<string>;
}

/** One record of some CIDs, two of others, none of the rest. */
async function recorded(world: HeldWorld): Promise<Known> {
  const held = new Map<string, { id: number; status: 'sealed' | 'lost'; missedRounds: number }>();
  const [known, running] = [new Set<string>(), new Set<string>()];
  let id = 0;
  for (const [index, cid] of cids.entries()) {
    const statuses = [pinStatuses[index % 8], pinStatuses[Math.floor(index / 8) % 9]];
    const unique = new Set(statuses.map((status) => (status === 'lost' ? 'sealed' : status)));
    for (const status of unique) {
      if (status === undefined) continue;
      id += 1;
      const isLost = status === 'sealed' && index % 3 === 0;
      const missedRounds = index % 4 === 0 ? 1 : 0;
      await world.pin(cid, isLost ? 'lost' : status, { missed_rounds: missedRounds });
      known.add(cid);
      if (status === 'running') running.add(cid);
      if (status === 'sealed') held.set(cid, { id, status: isLost ? 'lost' : 'sealed', missedRounds });
    }
  }
  return { held, known, running };
}

describe('a list held against the records', () => {
  it('tells of every file what its records say, whatever its CID is made of', async () => {
    const world = await heldWorld();
    const { held, known, running } = await recorded(world);
    const { listing } = world.sealStore();
    const asked = fc.array(fc.constantFrom(...cids, 'nobody', 'QmX'), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(asked, fc.constantFrom('valid', 'lost'), async (list, state) => {
        const { settledIds, unknown, others } = await listing.records(list, state);
        const isSettled = (cid: string): boolean => {
          const pin = held.get(cid);
          return pin?.status === (state === 'valid' ? 'sealed' : 'lost') && pin.missedRounds === 0;
        };
        const settled = list.filter(isSettled).map((cid) => held.get(cid)?.id ?? 0);
        expect(sorted(settledIds)).toEqual(sorted(settled));
        const places = [...list.keys()];
        expect(unknown).toEqual(places.filter((at) => !known.has(list[at] ?? '')));
        expect(sorted(others.map(({ at }) => at))).toEqual(
          places.filter((at) => known.has(list[at] ?? '') && !isSettled(list[at] ?? '')),
        );
        for (const record of others) {
          const cid = list[record.at] ?? '';
          expect(record.pin).toEqual(held.get(cid) ?? null);
          expect(record.running).toBe(record.pin === null && running.has(cid));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('goes over the held records page by page, each once', async () => {
    const world = await heldWorld();
    const { held } = await recorded(world);
    const { listing } = world.sealStore();
    const ids: number[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = await listing.heldPage(after, 3);
      ids.push(...page.pinIds);
      after = page.lastCid;
    }
    const all = [...held].filter(([cid]) => cid !== '').map(([, { id }]) => id);
    expect(sorted(ids)).toEqual(sorted(all));
    const rows = await listing.heldRows([...ids, 9999]);
    expect(sorted(rows.map(({ pinId }) => pinId))).toEqual(sorted(ids));
    for (const { cid, pinId, ...row } of rows) expect({ id: pinId, ...row }).toEqual(held.get(cid));
  });
});

describe('orders at the positions of a list', () => {
  it('are told by what is to be done about them', async () => {
    const world = await heldWorld();
    for (const status of orderStatuses) await world.knownOrder(`Qm-${status}`, status);
    await world.knownOrder('Qm-closing', 'closed');
    await world.row('cleanup_record', {
      cid: 'Qm-closing',
      status: 'confirmed',
      cause: 'event',
      seen_block: 1,
      created_ms: 0,
      updated_ms: 0,
    });
    const names = [...orderStatuses.map((status) => `Qm-${status}`), 'Qm-closing'];
    const idOf = (name: string): number => names.indexOf(`Qm-${name}`) + 1;
    const { listing } = world.sealStore();
    const positions = [...names, 'Qm-none'].map(orderPosition);
    const orders = await listing.ordersAt(positions);
    expect(orders.count).toBe(names.length);
    expect(sorted(orders.open)).toEqual(sorted(['new', 'waiting', 'queued', 'failed'].map(idOf)));
    expect(orders.closed).toEqual([idOf('closed')]);
    expect(orders.withoutGroup).toEqual([]);
    expect(await listing.ordersAt([])).toEqual({ count: 0, open: [], closed: [], withoutGroup: [] });
  });

  it('lack our group only where the map was read for one, and count only where the file is sealed here', async () => {
    const world = await heldWorld();
    await world.order('Qm-own');
    const owner = await world.database.read(
      async (reader): Promise<{ id: number } | undefined> => await reader('account').first('id'),
    );
    const group = { group_owner_id: owner?.id ?? null };
    await world.knownOrder('Qm-lacks', 'handled', group);
    await world.knownOrder('Qm-lost', 'handled', group);
    await world.knownOrder('Qm-closed', 'closed', group);
    await world.knownOrder('Qm-has', 'handled', { ...group, group_hold: 2 });
    await world.knownOrder('Qm-unasked', 'handled');
    for (const name of ['lacks', 'closed', 'has', 'unasked'])
      await world.pin(`Qm-${name}`, 'sealed', { sealed_block: 77 });
    await world.pin('Qm-lost', 'lost');
    const { listing } = world.sealStore();
    const names = ['Qm-lacks', 'Qm-lost', 'Qm-closed', 'Qm-has', 'Qm-unasked'];
    const { withoutGroup } = await listing.ordersAt(names.map(orderPosition));
    const copies = await listing.uncounted(withoutGroup);
    expect(withoutGroup).toHaveLength(2);
    expect(copies).toMatchObject([{ key: { text: 'Qm-lacks', position: orderPosition('Qm-lacks') }, sealedBlock: 77 }]);
  });
});
