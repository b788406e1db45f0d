import { isDeepStrictEqual } from 'node:util';
import type { Counts } from './seal-child.ts';
import {
  foundFiles,
  goneFiles,
  heldBytes,
  lostFiles,
  pendingFiles,
  uncredited,
  withoutOrder,
  type World,
} from './world.ts';

type Expected = Partial<Record<keyof Counts, unknown>>;

/** After the first round every held file has its record and every order of one is handled. */
export function assertFirst(counts: Counts | undefined, world: World): void {
  const { held } = world;
  assertCounts('the first round', counts, {
    held,
    heldBytes: heldBytes(world),
    lost: 0,
    withoutOrder,
    missedOnce: 0,
    pins: { running: pendingFiles, sealed: held },
    orders: { handled: held - withoutOrder },
  });
}

/** Unchanged, unchanged, changed, and what follows from the change. */
export function assertLater(rounds: readonly Counts[], world: World): void {
  const { held } = world;
  const before: Expected = { held, heldBytes: heldBytes(world), lost: 0, withoutOrder, uncredited, missedOnce: 0 };
  const pins = { running: pendingFiles, sealed: held };
  const orders = { handled: held - withoutOrder };
  const stillLost = lostFiles / 2;
  const heldAfter = held + foundFiles - goneFiles;
  const handledAfter = held - withoutOrder + foundFiles;
  assertCounts('an unchanged round', rounds[0], { ...before, pins, orders });
  assertCounts('an unchanged round beside picks', rounds[1], { ...before, pins, orders });
  assertCounts('the round after the change', rounds[2], {
    held: held + foundFiles,
    lost: lostFiles,
    withoutOrder,
    uncredited,
    missedOnce: goneFiles,
    pins: { running: pendingFiles, sealed: held + foundFiles - lostFiles, lost: lostFiles },
    orders: { handled: handledAfter },
  });
  assertCounts('the second round after the change', rounds[3], {
    missedOnce: 0,
    lost: stillLost,
    withoutOrder,
    uncredited,
    pins: { running: pendingFiles, sealed: heldAfter - stillLost, lost: stillLost, removed: goneFiles },
    orders: { handled: handledAfter - goneFiles, new: goneFiles },
  });
}

function assertCounts(what: string, found: Counts | undefined, expected: Expected): void {
  if (found === undefined) throw new Error(`${what} was not measured`);
  for (const [name, value] of Object.entries(expected)) {
    const there = relevant(found[name as keyof Counts], value);
    if (!isDeepStrictEqual(there, value))
      throw new Error(`${what}: ${name} are ${JSON.stringify(there)}, expected ${JSON.stringify(value)}`);
  }
}

/** Of a table's statuses only those expected: beside them stand the queue and what the picks leave. */
function relevant(found: unknown, expected: unknown): unknown {
  if (typeof found !== 'object' || found === null || typeof expected !== 'object' || expected === null) return found;
  return Object.fromEntries(Object.keys(expected).map((name) => [name, (found as Record<string, unknown>)[name]]));
}
