import type { CleanupView, WaitingCleanup } from '../app-cleanup.ts';
import type { Config } from '../config/config.ts';
import type { CleanupHold } from '../domain/cleanup-holds.ts';
import { type Amount, dayLimit, judgeUnproven, type UnprovenVerdict } from '../domain/deletions.ts';
import { formatBytes, formatCount } from '../lib/format.ts';
import { printable } from '../lib/printable.ts';

const verdictTexts: Readonly<Record<UnprovenVerdict, string>> = {
  go: 'go like the others, being few',
  approval: 'wait for smanager cleanup approve, being more than may be deleted in 24 hours',
  outage:
    'are most of what is held: the chain is not believed and nothing is deleted, until they are found again or by smanager cleanup approve',
};

/** What waits as a person reads it on a terminal; `first` of it by name. */
export function cleanupText(
  { standing, due, approvals, openCleanups }: CleanupView,
  first: readonly WaitingCleanup[],
  { mode, maxPercentPerDay }: Config['cleanup'],
): string {
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
    ...waitingLines(first, openCleanups),
  ].join('\n');
}

const holdTexts: Readonly<Record<CleanupHold, string>> = {
  'second-look': 'the second look',
  grace: 'its grace',
  approval: 'approval',
  outage: 'the chain to be believed',
  gap: 'a walk that closes a gap',
  pull: 'its pull to end',
  retry: 'another try',
  'dry-run': 'cleanup.mode delete',
  limit: 'the limit of the day',
  turn: 'its turn',
  'being-deleted': 'sWorker, which deletes it',
};

function waitingLines(first: readonly WaitingCleanup[], all: number): readonly string[] {
  const more = all - first.length;
  return [
    ...(first.length === 0 ? [] : ['waiting   the oldest first']),
    ...first.map((cleanup) => `  ${waitingLine(cleanup)}`),
    ...(more > 0 ? [`  and ${formatCount(more)} more: --json lists all`] : []),
  ];
}

function waitingLine(cleanup: WaitingCleanup): string {
  const { cid, sizeBytes, cause, seenBlock, confirmedBlock, dueBlock, waitsFor } = cleanup;
  const known = isApproved(cleanup) ? `${cause}, approved` : cause;
  const blocks = [
    `seen at ${formatCount(seenBlock)}`,
    ...(confirmedBlock === null ? [] : [`confirmed at ${formatCount(confirmedBlock)}`]),
    ...(dueBlock === null ? [] : [`due at ${formatCount(dueBlock)}`]),
  ];
  const holds = waitsFor.map((hold) => holdTexts[hold]).join(', ');
  return `${printable(cid, 128)}  ${formatBytes(sizeBytes)}, ${known}, ${blocks.join(', ')}: waits for ${holds}`;
}

/** A person said that the close may be believed. */
export function isApproved({ cause, isProven }: Pick<WaitingCleanup, 'cause' | 'isProven'>): boolean {
  return isProven && cause !== 'event';
}

export function amount({ files, bytes }: Amount): string {
  return `${formatCount(files)} ${files === 1 ? 'file' : 'files'}, ${formatBytes(bytes)}`;
}
