import type { FileState } from '../../src/domain/reconcile.ts';
import { orderStatuses } from '../../src/domain/statuses.ts';

const values = {
  order: [...orderStatuses, 'none'],
  record: ['held', 'running', 'ended', 'none'],
  sworker: ['valid', 'lost', 'pending', 'none'],
  pin: ['own', 'other', 'none'],
  isCleaning: [false, true],
  hasMoved: [false, true],
} as const;

/** Every combination of what the sources can say about one file. */
export const fileStates: readonly FileState[] = values.order.flatMap((order) =>
  values.record.flatMap((record) =>
    values.sworker.flatMap((sworker) =>
      values.pin.flatMap((pin) =>
        values.isCleaning.flatMap((isCleaning) =>
          values.hasMoved.map((hasMoved) => ({ order, record, sworker, pin, isCleaning, hasMoved })),
        ),
      ),
    ),
  ),
);
