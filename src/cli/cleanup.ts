import { type CleanupDesk, type CleanupView, openCleanupDesk, type WaitingCleanup } from '../app-cleanup.ts';
import type { Config } from '../config/config.ts';
import { dayLimit, judgeUnproven } from '../domain/deletions.ts';
import { exitCodes } from '../domain/errors.ts';
import { printableJson } from '../lib/printable.ts';
import { amount, cleanupText, isApproved } from './cleanup-text.ts';
import { configured } from './configured.ts';
import { type Invocation, print } from './invocation.ts';

interface Options {
  readonly json?: boolean;
}

const shownInText = 20;
/** As many rows in memory at once: hundreds of thousands may wait. */
const pageRows = 1000;

/** `smanager cleanup`: which files of closed orders wait, and for what. */
export async function cleanup(invocation: Invocation, options: Options): Promise<number> {
  const { config } = await configured(invocation);
  const desk = await openCleanupDesk(config, { writes: false, signal: invocation.signal });
  try {
    const view = await desk.view();
    if (options.json === true) await printJson(invocation, desk, view, config);
    else {
      const first = await desk.list(view, { afterId: 0, limit: shownInText });
      print(invocation, cleanupText(view, first, config.cleanup));
    }
    return exitCodes.stopped;
  } finally {
    await desk.close();
  }
}

/** `smanager cleanup approve`: the closes known only by absence from walks that wait now may be believed. */
export async function approveCleanups(invocation: Invocation, options: Options): Promise<number> {
  const { config } = await configured(invocation);
  const desk = await openCleanupDesk(config, { writes: true, signal: invocation.signal });
  try {
    const approval = await desk.approve('smanager cleanup approve', Date.now());
    if (options.json === true) print(invocation, printableJson({ approval: approval ?? null }));
    else if (approval === undefined) print(invocation, 'nothing waits for an approval');
    else {
      const when = config.cleanup.mode === 'dryRun' ? 'go once cleanup.mode is no longer dryRun' : 'go now';
      print(
        invocation,
        `approved: ${amount(approval)} of closed orders ${when}, each after its grace and one more look at the chain, at most ${config.cleanup.maxPercentPerDay} % or 200 files in 24 hours`,
      );
    }
    return exitCodes.stopped;
  } finally {
    await desk.close();
  }
}

/** One object, of which what waits is written page by page. */
async function printJson(
  { stdout, signal }: Invocation,
  desk: CleanupDesk,
  view: CleanupView,
  config: Config,
): Promise<void> {
  stdout.write(`${printableJson(reportOf(view, config)).slice(0, -1)},"waiting":[`);
  let afterId = 0;
  for (;;) {
    signal.throwIfAborted();
    const page = await desk.list(view, { afterId, limit: pageRows });
    const last = page.at(-1);
    if (last === undefined) break;
    stdout.write(`${afterId === 0 ? '' : ','}${page.map((cleanup) => printableJson(rowOf(cleanup))).join(',')}`);
    afterId = last.id;
  }
  stdout.write(']}\n');
}

function rowOf({ cid, sizeBytes, status, cause, isProven, ...rest }: WaitingCleanup): object {
  const { seenBlock, confirmedBlock, dueBlock, waitsFor } = rest;
  return {
    cid,
    sizeBytes,
    status,
    cause,
    approved: isApproved({ cause, isProven }),
    seenBlock,
    confirmedBlock,
    dueBlock,
    waitsFor,
  };
}

function reportOf({ headBlock, standing, due, approvals }: CleanupView, { cleanup: settings }: Config): object {
  const { mode, maxPercentPerDay } = settings;
  return {
    mode,
    maxPercentPerDay,
    atBlock: headBlock ?? null,
    held: standing.held,
    dayLimit: dayLimit(standing, maxPercentPerDay),
    deletedInADay: standing.deleted,
    due,
    unproven: { ...standing.unproven, verdict: judgeUnproven(standing, maxPercentPerDay) },
    approvals,
  };
}
