import { type Act, actsOf } from './acts.ts';
import { type Outcome, tellHistory } from './history.ts';
import { shrink } from './shrink.ts';

export const historyMs = 3 * 24 * 3_600_000;

export interface Task {
  readonly seed: number;
  /** Those of the seed without it. */
  readonly acts?: readonly Act[];
  /** How long a history that failed may be cut down; none without it. */
  readonly shrinkMs: number;
}

export interface Result {
  readonly outcome: Outcome;
  /** The shortest history found that still breaks the same invariant. */
  readonly shortest: readonly Act[] | undefined;
}

/** Tells the history of a seed, and cuts it down when something did not hold. */
async function work({ seed, acts = actsOf(seed, historyMs), shrinkMs }: Task): Promise<Result> {
  const outcome = await tellHistory(seed, acts);
  const { broken } = outcome;
  if (broken === undefined) return { outcome, shortest: undefined };
  const untilMs = performance.now() + shrinkMs;
  const [kind] = kindsOf(outcome);
  const { settles } = broken;
  const shortest = await shrink(
    acts.slice(0, broken.afterAct + 1),
    async (fewer) => kindsOf(await tellHistory(seed, fewer, { settles })).some((one) => one === kind),
    () => performance.now() > untilMs,
  );
  return { outcome, shortest };
}

/** The invariants that broke, without what differs from order to order. */
function kindsOf({ broken }: Outcome): readonly string[] {
  return (broken?.invariants ?? []).map(
    (line) =>
      line
        .replace(/\b(?:Qm|b)[A-Za-z0-9]{40,}/gu, 'CID')
        .replace(/\d+/gu, 'N')
        .split('\n')[0] ?? '',
  );
}

process.on('message', (task: Task) => {
  void work(task).then((result) => process.send?.(result));
});
