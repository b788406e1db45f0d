import { describe, expect, it } from 'vitest';
import { pinMoves, pinStatuses, type PinStatus } from '../../../src/domain/statuses.ts';
import { guardedMove } from '../../../src/store/guarded-move.ts';
import { failure } from '../../support/rejection.ts';
import { cidOf, heldWorld } from '../../support/held-world.ts';

const everyMove = pinStatuses.flatMap((from) => pinStatuses.map((to) => [from, to] as const));

async function moved(from: PinStatus, to: PinStatus): Promise<{ status: PinStatus; move: Promise<boolean> }> {
  const world = await heldWorld();
  await world.pin(cidOf(1), from);
  const move = world.database.write('claim', async (tx) =>
    guardedMove<PinStatus>(tx, { table: 'pin_record', moves: pinMoves, id: 1, from, to }),
  );
  await move.catch(() => undefined);
  return { status: (await world.pinRow(cidOf(1))).status, move };
}

describe('the moves of a pin record', () => {
  it.each(everyMove.filter(([from, to]) => pinMoves[from].includes(to)))('%s → %s is allowed', async (from, to) => {
    const { status, move } = await moved(from, to);
    expect(await move).toBe(true);
    expect(status).toBe(to);
  });

  it.each(everyMove.filter(([from, to]) => !pinMoves[from].includes(to)))('%s → %s is refused', async (from, to) => {
    const { status, move } = await moved(from, to);
    expect(await failure(move)).toMatchObject({ code: 'MOVE_REFUSED' });
    expect(status).toBe(from);
  });

  it('a slice of a list moves only rows that are still as they were read', async () => {
    const world = await heldWorld();
    await world.knownOrder(cidOf(1), 'pulling');
    await world.pin(cidOf(1), 'running');
    await world.pin(cidOf(2), 'removed');
    await world.knownOrder(cidOf(2), 'new');
    const { held } = world.sealStore();
    const changes = {
      found: [],
      recovered: [1, 2],
      lost: [1, 2],
      seenAgain: [],
      handledOrders: [1, 2],
      closedOrders: [1, 2],
    };
    await held.apply(changes, { headBlock: 9, nowMs: 9 }, world.clock);
    expect(await world.pinRow(cidOf(1))).toMatchObject({ status: 'running' });
    expect(await world.pinRow(cidOf(2))).toMatchObject({ status: 'removed' });
    expect(await world.orderRow(cidOf(1))).toMatchObject({ status: 'pulling' });
    expect(await world.orderRow(cidOf(2))).toMatchObject({ status: 'new' });
    expect(await world.count('cleanup_record', {})).toBe(0);
  });

  it('a file that was found, lost, or gone while its record moved is left as it is', async () => {
    const world = await heldWorld();
    await world.heldOrder(cidOf(1));
    const { held } = world.sealStore();
    const key = { text: cidOf(1), position: 0 };
    expect(await held.gone({ pinId: 1, key, status: 'lost' }, { headBlock: 9, nowMs: 9 })).toBe('not-ours-to-say');
    await held.letGo({ pinId: 1, key, status: 'lost' }, 9);
    expect(await world.pinRow(cidOf(1))).toMatchObject({ status: 'sealed' });
    expect(await world.orderRow(cidOf(1))).toMatchObject({ status: 'handled' });
  });
});
