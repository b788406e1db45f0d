import { MINUTE_MS, SECOND_MS } from '../../src/domain/units.ts';
import { readActsFile } from './acts-file.ts';
import type { Task } from './storm-child.ts';
import { judgedFromHistories } from './totals.ts';

export interface Options {
  /** Without it as many as can be begun in the minutes that are given, else a hundred. */
  readonly seeds?: number;
  readonly from: number;
  readonly minutes?: number;
  /** A file of acts to tell instead. */
  readonly acts?: string;
  readonly shrinkSeconds: number;
}

/** What a run is to tell, one after another until it is enough or the time is over. */
export function* tasksOf(options: Options, nowMs: () => number): Generator<Task, undefined> {
  const { seeds, from, minutes, acts, shrinkSeconds } = options;
  const shrinkMs = shrinkSeconds * SECOND_MS;
  if (acts !== undefined) {
    yield { ...readActsFile(acts), shrinkMs };
    return;
  }
  const endMs = nowMs() + (minutes ?? Infinity) * MINUTE_MS;
  const count = seeds ?? (minutes === undefined ? judgedFromHistories : Infinity);
  for (let seed = from; seed < from + count && nowMs() < endMs; seed += 1) yield { seed, shrinkMs };
}
