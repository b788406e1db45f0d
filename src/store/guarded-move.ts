import { SmError } from '../domain/errors.ts';
import type { Moves } from '../domain/statuses.ts';
import type { Tx } from './database.ts';

interface GuardedMove<S extends string> {
  readonly table: 'file_record' | 'pin_record' | 'cleanup_record';
  readonly moves: Moves<S>;
  readonly id: number;
  readonly from: S;
  readonly to: S;
  /** Further columns to set in the same step. */
  readonly set?: Readonly<Record<string, string | number | null>>;
}

/**
 * The only way a status changes for a single row. Returns false when the row was not in `from`: another task was first, read it again.
 * @throws SmError MOVE_REFUSED for a move that the table of moves does not allow
 */
export async function guardedMove<S extends string>(tx: Tx, move: GuardedMove<S>): Promise<boolean> {
  if (!move.moves[move.from].includes(move.to)) {
    throw new SmError('MOVE_REFUSED', `${move.table} may not move from ${move.from} to ${move.to}`, {
      table: move.table,
      from: move.from,
      to: move.to,
    });
  }
  const set = Object.entries(move.set ?? {});
  const columns = [...set.map(([column]) => `${column} = ?`), 'status = ?'].join(', ');
  const changed: unknown[] = await tx.raw(
    `UPDATE ${move.table} SET ${columns} WHERE id = ? AND status = ? RETURNING id`,
    [...set.map(([, value]) => value), move.to, move.id, move.from],
  );
  return changed.length === 1;
}
