import { type CleanupView, openCleanupDesk } from '../app-cleanup.ts';
import type { Config } from '../config/config.ts';
import { type Amount, dayLimit, judgeUnproven, type UnprovenVerdict } from '../domain/deletions.ts';
import { exitCodes } from '../domain/errors.ts';
import { formatBytes, formatCount } from '../lib/format.ts';
import { printable, printableJson } from '../lib/printable.ts';
import { configured } from './configured.ts';
import { type Invocation, print } from './invocation.ts';

interface Options {
  readonly json?: boolean;
}

/** `smanager cleanup`: which files of closed orders wait, and for what. */
export async function cleanup(invocation: Invocation, options: Options): Promise<number> {
  const { config } = await configured(invocation);
  const desk = await openCleanupDesk(config, { writes: false, signal: invocation.signal });
  try {
    const view = await desk.view();
    print(invocation, options.json === true ? printableJson(reportOf(view, config)) : textOf(view, config));
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
      print(
        invocation,
        `approved: ${amount(approval)} of closed orders go now, each after its grace and one more look at the chain, at most ${config.cleanup.maxPercentPerDay} % or 200 files in 24 hours`,
      );
    }
    return exitCodes.stopped;
  } finally {
    await desk.close();
  }
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

const verdictTexts: Readonly<Record<UnprovenVerdict, string>> = {
  go: 'go like the others, being few',
  approval: 'wait for smanager cleanup approve, being more than may be deleted in 24 hours',
  outage:
    'are most of what is held: the chain is not believed and nothing is deleted, until they are found again or by smanager cleanup approve',
};

function textOf({ standing, due, approvals }: CleanupView, { cleanup: settings }: Config): string {
  const { mode, maxPercentPerDay } = settings;
  const { freeFiles, files, bytes } = dayLimit(standing, maxPercentPerDay);
  return [
    `mode      ${mode}`,
    `held      ${amount(standing.held)}`,
    `limit     in 24 hours ${formatCount(freeFiles)} files; up to ${formatCount(files)} within ${formatBytes(bytes)} (${maxPercentPerDay} %)`,
    `deleted   ${amount(standing.deleted)} in the last 24 hours`,
    `due       ${amount(due)} whose close an event proves or a person approved`,
    `absent    ${amount(standing.unproven)} whose close is known only by absence from walks${
      standing.unproven.files === 0 ? '' : `: they ${verdictTexts[judgeUnproven(standing, maxPercentPerDay)]}`
    }`,
    ...approvals.map(
      (approval) =>
        `approved  ${amount(approval)} at ${new Date(approval.givenMs).toISOString()}, block ${formatCount(approval.atBlock)}, by ${printable(approval.command)}`,
    ),
  ].join('\n');
}

function amount({ files, bytes }: Amount): string {
  return `${formatCount(files)} ${files === 1 ? 'file' : 'files'}, ${formatBytes(bytes)}`;
}
