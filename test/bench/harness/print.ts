import { type Budget, type Figure, isBelowFloor, isMet, type LimitFloor, type Scale } from './bench.ts';

/** One object a line, for programs. */
export function asJson({ budgets, limitFloor, more, ...figure }: Figure, scale: Scale): string {
  const judged = budgets.map((budget) => ({ ...budget, met: isMet(budget, scale) }));
  const floors = limitFloor?.map((floor) => ({ ...floor, isBelow: isBelowFloor(floor, scale) }));
  return JSON.stringify({ ...figure, budgets: judged, limitFloor: floors, ...more });
}

/** The same for people. */
export function asText(figure: Figure, scale: Scale): string {
  const {
    bench,
    part,
    orders,
    latencyMs,
    value,
    unit,
    limit,
    ratio,
    rssMaxMiB,
    runs,
    budgets,
    more,
    range,
    limitRange,
    limitFloor = [],
  } = figure;
  const parts = [
    `${bench}${part === undefined ? '' : ` ${part}`}, ${count(orders)} orders${latencyMs > 0 ? `, ${latencyMs} ms` : ''}:`,
    `${short(value)} ${unit}${between(range)}`,
  ];
  if (ratio !== null && limit !== null) parts.push(`= ${ratio.toFixed(2)} of ${short(limit)}${between(limitRange)}`);
  if (rssMaxMiB !== null) parts.push(`peak ${Math.round(rssMaxMiB)} MiB`);
  parts.push(`(${runs} ${runs === 1 ? 'run' : 'runs'})`);
  const lines = [parts.join(' ')];
  const others = Object.entries(more ?? {}).map(
    ([name, what]) => `${name} ${typeof what === 'number' ? short(what) : what}`,
  );
  if (others.length > 0) lines.push(`    ${others.join(', ')}`);
  for (const floor of limitFloor) if (isBelowFloor(floor, scale) === true) lines.push(`    !!!  ${floorText(floor)}`);
  for (const budget of budgets) lines.push(`    ${verdictText(isMet(budget, scale))} ${budgetText(budget)}`);
  return lines.join('\n');
}

export function floorText({ what, found, atLeast }: LimitFloor): string {
  return `limit below its floor of ${short(atLeast)}: ${what}: ${short(found)}: measured wrongly, or a busy or slow machine`;
}

function verdictText(met: boolean | null): string {
  if (met === null) return 'not judged';
  return met ? 'ok  ' : 'MISS';
}

export function budgetText(budget: Budget): string {
  const needs =
    budget.atLeast === undefined ? `at most ${short(budget.atMost ?? 0)}` : `at least ${short(budget.atLeast)}`;
  return `${budget.what}: ${short(budget.found)}, ${needs}`;
}

function between(range: readonly [number, number] | undefined): string {
  return range === undefined ? '' : ` [${short(range[0])}–${short(range[1])}]`;
}

function short(value: number): string {
  if (Number.isInteger(value)) return count(value);
  if (Math.abs(value) >= 1000) return count(Math.round(value));
  return value.toPrecision(3);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
