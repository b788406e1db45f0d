import { beforeEach, describe, expect, it } from 'vitest';
import {
  cleanupMoves,
  cleanupStatuses,
  orderMoves,
  orderStatuses,
  pinMoves,
  type CleanupStatus,
  type Moves,
  type OrderStatus,
} from '../../../src/domain/statuses.ts';
import { SmError } from '../../../src/domain/errors.ts';
import { guardedMove } from '../../../src/store/guarded-move.ts';
import { cidOf, heldWorld } from '../../support/held-world.ts';

// Written out once more, so that the product's own table is held against something.
const allowedForOrders: Readonly<Record<OrderStatus, string>> = {
  new: 'waiting queued handled closed',
  waiting: 'new queued handled closed',
  queued: 'new waiting pulling handled closed',
  pulling: 'handled queued waiting failed closed',
  handled: 'new waiting closed',
  failed: 'new handled closed',
  closed: 'new',
};
const allowedForCleanups: Readonly<Record<CleanupStatus, string>> = {
  seen: 'confirmed cancelled',
  confirmed: 'deleting cancelled',
  deleting: 'done confirmed',
  done: '',
  cancelled: '',
};
const allowedForPins = {
  running: 'sealed lost failed interrupted',
  sealed: 'lost removed',
  lost: 'sealed removed',
  failed: '',
  interrupted: '',
  removed: '',
};

let world: Awaited<ReturnType<typeof heldWorld>>;

beforeEach(async () => {
  world = await heldWorld();
});

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

/** What each move came to from a row that stands in `from`: the row's status afterwards, or the code it was refused with. */
async function outcomes<S extends string>(
  table: 'file_record' | 'cleanup_record',
  moves: Moves<S>,
  from: S,
  statuses: readonly S[],
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const to of statuses) {
    const tried = world.database.write('claim', async (tx) => {
      await tx(table).where({ id: 1 }).update({ status: from });
      await guardedMove<S>(tx, { table, moves, id: 1, from, to });
      const row: { status: string } = await tx(table).where({ id: 1 }).first('status');
      return row.status;
    });
    found[to] = await tried.catch((error: unknown) => (error instanceof SmError ? error.code : String(error)));
  }
  return found;
}

function expected(statuses: readonly string[], allowed: string): Record<string, string> {
  return Object.fromEntries(statuses.map((to) => [to, words(allowed).includes(to) ? to : 'MOVE_REFUSED']));
}

describe('the moves of an order', () => {
  it.each(orderStatuses)('from %s are those of the table and no others', async (from) => {
    await world.knownOrder(cidOf(1), 'new');
    expect(await outcomes<OrderStatus>('file_record', orderMoves, from, orderStatuses)).toEqual(
      expected(orderStatuses, allowedForOrders[from]),
    );
  });

  it('change nothing when another task was first, and that is no error', async () => {
    await world.knownOrder(cidOf(1), 'handled');
    const move = { table: 'file_record', moves: orderMoves, id: 1, from: 'queued', to: 'pulling' } as const;
    expect(await world.database.write('claim', async (tx) => await guardedMove<OrderStatus>(tx, move))).toBe(false);
    expect((await world.orderRow(cidOf(1))).status).toBe('handled');
  });
});

describe('the moves of a cleanup', () => {
  it.each(cleanupStatuses)('from %s are those of the table and no others', async (from) => {
    await world.row('cleanup_record', {
      cid: cidOf(1),
      status: 'seen',
      cause: 'event',
      seen_block: 5,
      created_ms: 0,
      updated_ms: 0,
    });
    expect(await outcomes<CleanupStatus>('cleanup_record', cleanupMoves, from, cleanupStatuses)).toEqual(
      expected(cleanupStatuses, allowedForCleanups[from]),
    );
  });
});

describe('the moves of a pin record', () => {
  it('are those of the table', () => {
    const table = Object.fromEntries(Object.entries(allowedForPins).map(([from, to]) => [from, words(to)]));
    expect(pinMoves).toEqual(table);
  });
});
