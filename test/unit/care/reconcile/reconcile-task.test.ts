import { beforeEach, expect, it, onTestFinished } from 'vitest';
import type { ReconcileOutcome } from '../../../../src/care/reconcile/reconciler.ts';
import { ReconcileTask } from '../../../../src/care/reconcile/reconcile-task.ts';
import { SmError } from '../../../../src/domain/errors.ts';
import { perClass, type ReconcileReport } from '../../../../src/domain/reconcile.ts';
import { HOUR_MS, MINUTE_MS } from '../../../../src/domain/units.ts';
import { Conditions } from '../../../../src/runtime/conditions.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { RecordingLogger } from '../../../support/quiet-logger.ts';
import { rejection } from '../../../support/rejection.ts';

let clock: ManualClock;
let logger: RecordingLogger;
let conditions: Conditions;
let kept: ReconcileReport | undefined;
let runs: { atMs: number; apply: boolean }[];
let outcome: () => ReconcileOutcome;

beforeEach(() => {
  clock = new ManualClock();
  logger = new RecordingLogger();
  conditions = new Conditions(clock);
  kept = undefined;
  runs = [];
  outcome = () => ({ kind: 'report', report: report(0) });
});

function report(lost: number): ReconcileReport {
  const classes = perClass((name) => {
    return { files: name === 'lost' ? lost : 0, bytes: 0, remedies: {}, healed: 0, examples: [] };
  });
  return { atMs: clock.nowMs(), atBlock: 1, tookMs: 5, isApplied: true, classes };
}

/** Starts the task; resolves with its end. */
function start(): { readonly ended: Promise<void>; stop(): void } {
  const control = new AbortController();
  const startMs = clock.monotonicMs();
  const task = new ReconcileTask({
    clock,
    conditions,
    logger,
    intervalMs: 6 * HOUR_MS,
    // The facts of this test are one variable.
    facts: { find: async () => kept as never },
    reconciler: {
      run: async ({ apply }) => {
        runs.push({ atMs: clock.monotonicMs() - startMs, apply });
        const found = outcome();
        if (found.kind === 'report') kept = found.report;
        return found;
      },
    },
  });
  const ended = task.run(control.signal);
  const stop = (): void => control.abort(new Error('stop'));
  onTestFinished(stop);
  return { ended, stop };
}

it('runs a while after the start and then every interval, applying', async () => {
  start();
  await clock.advance(13 * HOUR_MS);
  expect(runs).toEqual([15, 375, 735].map((minutes) => ({ atMs: minutes * MINUTE_MS, apply: true })));
});

it('keeps its interval over restarts', async () => {
  const first = start();
  await clock.advance(HOUR_MS);
  first.stop();
  await first.ended;
  runs = [];
  start();
  await clock.advance(5 * HOUR_MS);
  expect(runs).toEqual([]);
  await clock.advance(HOUR_MS);
  expect(runs.length).toBe(1);
});

it('does not wait for a report that a clock ahead has dated', async () => {
  kept = { ...report(0), atMs: clock.nowMs() + 400 * 24 * HOUR_MS };
  start();
  await clock.advance(15 * MINUTE_MS);
  expect(runs.length).toBe(1);
});

it('tells what was found, and whether it is anything', async () => {
  start();
  await clock.advance(15 * MINUTE_MS);
  outcome = () => ({ kind: 'report', report: report(3) });
  await clock.advance(6 * HOUR_MS);
  expect(logger.lines.map(({ level, context }) => [level, context['lost']])).toEqual([
    ['info', undefined],
    ['warn', 3],
  ]);
});

it('comes back in half an hour after an outage or too early a run, and is no outage of the bot itself', async () => {
  outcome = () => {
    throw new SmError('IPFS_UNREACHABLE', 'away');
  };
  start();
  await clock.advance(15 * MINUTE_MS);
  expect(conditions.list()).toEqual([]);
  outcome = () => ({ kind: 'unready', reason: 'no walk has seen all orders yet' });
  await clock.advance(30 * MINUTE_MS);
  outcome = () => ({ kind: 'report', report: report(0) });
  await clock.advance(30 * MINUTE_MS);
  expect(runs.map(({ atMs }) => atMs / MINUTE_MS)).toEqual([15, 45, 75]);
  expect(logger.lines.map(({ level, context }) => [level, context['code'] ?? context['reason']])).toEqual([
    ['warn', 'IPFS_UNREACHABLE'],
    ['info', 'no walk has seen all orders yet'],
    ['info', undefined],
  ]);
});

it.each(['DATABASE_BUSY', 'DEFECT'] as const)('passes on %s', async (code) => {
  outcome = () => {
    throw new SmError(code, 'broken');
  };
  const { ended } = start();
  const failure = rejection(ended);
  await clock.advance(15 * MINUTE_MS);
  expect(await failure).toMatchObject({ code });
});
