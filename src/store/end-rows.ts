import { orderMoves, type OrderStatus } from '../domain/statuses.ts';
import type { CoordinatorMarks } from './coordinator-marks.ts';
import type { Tx } from './database.ts';
import { guardedMove } from './guarded-move.ts';
import type { EndedOrder, Ending } from './pulls.ts';

/** Ends the records and moves the orders out of `pulling`. An order that was moved by another task is left where it is. */
export async function endRows(
  tx: Tx,
  endings: readonly Ending[],
  marks: CoordinatorMarks,
): Promise<readonly EndedOrder[]> {
  await endRecords(tx, endings);
  const handled = endings.filter(isHandled);
  await marks.forget(tx, handled.map(cidOf));
  for (const ending of endings)
    if (!isHandled(ending)) await marks.release(tx, ending.permit.claim.cid, ending.endedMs);
  const moved = handled.length === 0 ? new Map<number, EndedOrder>() : await moveHandled(tx, handled);
  const ended: EndedOrder[] = [];
  for (const ending of endings) ended.push(moved.get(ending.permit.claim.orderId) ?? (await moveOrder(tx, ending)));
  return ended;
}

function isHandled({ end }: Ending): boolean {
  return end.next.kind === 'handled';
}

function cidOf({ permit }: Ending): string {
  return permit.claim.cid;
}

async function endRecords(tx: Tx, endings: readonly Ending[]): Promise<void> {
  const held = endings.filter(({ end }) => end.recordStatus === 'sealed' || end.recordStatus === 'lost');
  if (held.length > 0) {
    // A list of sWorker's files read while these pulls ended may have been first with records of its own.
    await tx.raw(
      `UPDATE pin_record SET status = 'removed', updated_ms = ?, end_detail = 'replaced by the record of its pull'
       WHERE cid IN (SELECT value FROM json_each(?)) AND status IN ('sealed', 'lost')`,
      [held[0]?.endedMs ?? 0, JSON.stringify(held.map(cidOf))],
    );
  }
  const rows = endings.map(({ permit, end, ...at }) => ({
    id: permit.recordId,
    status: end.recordStatus,
    endedMs: at.endedMs,
    reason: end.reason,
    detail: end.detail,
    attempt: end.countsAsAttempt ? 1 : 0,
    blocks: at.blocks,
    sealedBytes: at.sealedBytes,
    pinnedBefore: at.pinnedBefore === null ? null : Number(at.pinnedBefore),
    sealedBlock: end.recordStatus === 'sealed' || end.recordStatus === 'lost' ? at.headBlock : null,
  }));
  // Every end is one that a running record may come to.
  await tx.raw(
    `UPDATE pin_record SET status = ending.value ->> 'status', ended_ms = ending.value ->> 'endedMs', updated_ms = ending.value ->> 'endedMs',
       end_reason = ending.value ->> 'reason', end_detail = ending.value ->> 'detail', counts_as_attempt = ending.value ->> 'attempt',
       blocks = ending.value ->> 'blocks', sealed_bytes = ending.value ->> 'sealedBytes',
       pinned_before = COALESCE(pinned_before, ending.value ->> 'pinnedBefore'),
       sealed_ms = CASE WHEN ending.value ->> 'sealedBlock' IS NULL THEN sealed_ms ELSE ending.value ->> 'endedMs' END,
       sealed_block = COALESCE(ending.value ->> 'sealedBlock', sealed_block)
     FROM json_each(?) AS ending
     WHERE pin_record.id = ending.value ->> 'id' AND +pin_record.status = 'running'`,
    [JSON.stringify(rows)],
  );
}

/** What most pulls come to, in one statement: pulling → handled. Orders that were no longer `pulling` are not among the result. */
async function moveHandled(tx: Tx, handled: readonly Ending[]): Promise<Map<number, EndedOrder>> {
  const rows: { id: number; attempts: number }[] = await tx.raw(
    `UPDATE file_record SET status = 'handled', look_block = NULL, turn_block = NULL
     WHERE id IN (SELECT value FROM json_each(?)) AND +status = 'pulling' RETURNING id, attempts`,
    [JSON.stringify(handled.map(({ permit }) => permit.claim.orderId))],
  );
  return new Map(rows.map(({ id, attempts }) => [id, { orderStatus: 'handled', attempts }]));
}

async function moveOrder(tx: Tx, ending: Ending): Promise<EndedOrder> {
  const { claim } = ending.permit;
  const order: { status: OrderStatus; attempts: number } | undefined = await tx('file_record')
    .where({ id: claim.orderId })
    .first('status', 'attempts');
  if (order === undefined) return { orderStatus: 'closed', attempts: 0 };
  if (order.status !== 'pulling') return { orderStatus: order.status, attempts: order.attempts };
  const after =
    ending.end.next.kind === 'closed' && !(await isBeingLetGo(tx, claim.cid))
      ? { status: 'queued' as const, attempts: order.attempts, set: { look_block: null } }
      : afterEnd(ending, order.attempts);
  await guardedMove<OrderStatus>(tx, {
    table: 'file_record',
    moves: orderMoves,
    id: claim.orderId,
    from: 'pulling',
    to: after.status,
    set: after.set,
  });
  return { orderStatus: after.status, attempts: after.attempts };
}

// A re-order may have taken the close back while the pull was being aborted: then the order is open and may be pulled again.
async function isBeingLetGo(tx: Tx, cid: string): Promise<boolean> {
  const cleanup: { id: number } | undefined = await tx('cleanup_record')
    .where({ cid })
    .whereIn('status', ['confirmed', 'deleting'])
    .first('id');
  return cleanup !== undefined;
}

interface AfterEnd {
  readonly status: OrderStatus;
  readonly attempts: number;
  readonly set: Record<string, string | number | null>;
}

function afterEnd(ending: Ending, attemptsBefore: number): AfterEnd {
  const { next } = ending.end;
  const attempts = next.kind === 'attempt' ? attemptsBefore + 1 : attemptsBefore;
  const to = (status: OrderStatus, set: AfterEnd['set']): AfterEnd => ({ status, attempts, set });
  switch (next.kind) {
    case 'attempt':
      return attempts >= ending.maxAttempts
        ? to('failed', { attempts, look_block: null, turn_block: null })
        : to('queued', { attempts, look_block: ending.lookBlock(attempts) });
    case 'retry':
    case 'staggered':
      return to('queued', { look_block: ending.lookBlock(attempts) });
    case 'no-space':
      return to('waiting', {
        verdict: 'no-space',
        verdict_inputs: JSON.stringify(ending.inputs ?? {}),
        look_block: ending.lookBlock(attempts),
        look_count: 0,
      });
    case 'bad-size':
      return to('waiting', {
        verdict: 'bad-size',
        verdict_inputs: JSON.stringify({
          sizeBytes: ending.permit.claim.sizeBytes,
          sealedBytes: ending.sealedBytes,
        }),
        oversize: 1,
        look_block: null,
        look_count: 0,
      });
    case 'handled':
    case 'closed':
      break;
  }
  return to(next.kind, { look_block: null, turn_block: null });
}
