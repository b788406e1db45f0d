import type { Amount } from '../domain/deletions.ts';
import { freeGib, srdRatioPercent } from '../domain/facts.ts';
import { orderStatuses } from '../domain/statuses.ts';
import { formatBytes, formatCount, formatDuration, formatRate } from '../lib/format.ts';
import { printable } from '../lib/printable.ts';
import { reconcileSummary } from './reconcile-text.ts';
import type { StatusReport } from './status-report.ts';

function since(nowMs: number, atMs: number): string {
  return `${formatDuration(nowMs - atMs)} ago`;
}

function ordersLines(report: StatusReport): string[] {
  return orderStatuses.flatMap((status) => {
    const rows = report.orders.filter((row) => row.status === status);
    if (rows.length === 0) return [];
    const orders = rows.reduce((sum, row) => sum + row.orders, 0);
    const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
    const byVerdict = new Map<string, number>();
    for (const row of rows) byVerdict.set(row.verdict, (byVerdict.get(row.verdict) ?? 0) + row.orders);
    const verdicts = [...byVerdict]
      .filter(([verdict]) => verdict !== '' && status === 'waiting')
      .map(([verdict, count]) => `${verdict} ${formatCount(count)}`);
    return [
      `  ${status.padEnd(8)} ${formatCount(orders).padStart(11)}  ${formatBytes(bytes).padStart(9)}${verdicts.length === 0 ? '' : `  ${verdicts.join(', ')}`}`,
    ];
  });
}

function factLines(report: StatusReport): string[] {
  const { chainTime, eventCursor, group, activeNodes, workload, walk, nowMs } = report;
  return [
    chainTime === undefined
      ? 'chain     not seen yet'
      : `chain     block ${formatCount(chainTime.atBlock)}, its time ${since(nowMs, chainTime.blockTimestampMs)}, runtime ${chainTime.specVersion}`,
    eventCursor === undefined
      ? 'events    not begun'
      : `events    indexed to block ${formatCount(eventCursor.block)}${behind(report)}`,
    walk === undefined
      ? 'walk      none yet'
      : `walk      #${walk.id} ${walk.status}, ${Math.floor(walk.share * 100)} %, ${formatCount(walk.orders)} orders, ${walk.reason}${pace(walk, nowMs)}`,
    group === undefined
      ? 'group     not read yet'
      : `group     ${group.trouble ?? `member ${group.ownIndex + 1} of ${group.members.length}`}, owner ${group.owner ?? 'none'}, read ${since(nowMs, group.atMs)}`,
    activeNodes === undefined
      ? 'nodes     not counted yet'
      : `nodes     ${formatCount(activeNodes.count)} active, counted ${since(nowMs, activeNodes.atMs)}`,
    workload === undefined
      ? 'sworker   not seen yet'
      : `sworker   ${formatCount(freeGib(workload.srd))} GiB free for files, SRD ${Math.round(srdRatioPercent(workload.srd))} %, system disk ${formatCount(workload.srd.sysDiskAvailableGib)} GiB free, seen ${since(nowMs, workload.atMs)}`,
  ];
}

function behind({ chainTime, eventCursor, catchUp, nowMs }: StatusReport): string {
  if (catchUp !== null) {
    const { blocksBehind, blocksPerSecond, expectedEndMs } = catchUp;
    const end = expectedEndMs === null ? '' : `, about ${formatDuration(expectedEndMs - nowMs)} left`;
    return `, ${formatCount(blocksBehind)} behind, ${formatRate(blocksPerSecond, 'blocks')}${end}`;
  }
  if (chainTime === undefined || eventCursor === undefined) return '';
  return `, ${formatCount(Math.max(0, chainTime.atBlock - eventCursor.block))} behind`;
}

function pace({ pace }: NonNullable<StatusReport['walk']>, nowMs: number): string {
  if (pace === null) return '';
  const { ordersPerSecond, expectedOrders, expectedEndMs } = pace;
  const left = formatDuration(expectedEndMs - nowMs);
  return `; about ${formatCount(expectedOrders)} in all, ${formatRate(ordersPerSecond, 'orders')}, about ${left} left`;
}

function heldLines({ heldReport }: StatusReport): string[] {
  if (heldReport === undefined) return [];
  const { withoutOrder, uncredited, missingAtOnce, orphanSeals } = heldReport;
  const counts: readonly (readonly [number, string])[] = [
    [withoutOrder, 'held without any order'],
    [uncredited, 'earn nothing, though their orders live (docs/operating.md says what to do)'],
    [missingAtOnce, 'missing from sWorker at once'],
    [orphanSeals, 'seals in sWorker that no pull of ours began'],
  ];
  return counts.filter(([count]) => count > 0).map(([count, what]) => `          ${formatCount(count)} ${what}`);
}

function deletionLines({ deletions: { deleted, unproven } }: StatusReport): string[] {
  const amounts: readonly (readonly [Amount, string])[] = [
    [deleted, 'deleted in the last 24 hours'],
    [unproven, 'whose close is known only by absence from walks (smanager cleanup)'],
  ];
  return amounts
    .filter(([{ files }]) => files > 0)
    .map(([{ files, bytes }, what]) => `          ${formatCount(files)} files, ${formatBytes(bytes)}, ${what}`);
}

function reconcileLines({ reconcileReport, nowMs }: StatusReport): string[] {
  if (reconcileReport === undefined) return [];
  return [`reconcile ${reconcileSummary(reconcileReport)}, looked ${since(nowMs, reconcileReport.atMs)}`];
}

/** The status as a person reads it on a terminal. */
export function statusText(report: StatusReport): string {
  const { nowMs } = report;
  const state = report.alive ? (report.ready ? 'ready' : 'not ready') : 'no bot is running, or it hangs';
  return [
    `smanager ${report.version}, account ${report.account ?? 'unknown'}: ${state}`,
    ...report.conditions.map(
      (condition) =>
        `  ${condition.kind === 'outage' ? 'OUTAGE' : 'waits'}   ${printable(condition.message)} (for ${formatDuration(nowMs - condition.sinceMs)})`,
    ),
    ...factLines(report),
    'orders',
    ...ordersLines(report),
    `held      ${formatCount(report.held.sealed)} sealed, ${formatCount(report.held.lost)} lost`,
    ...heldLines(report),
    ...reconcileLines(report),
    `pulls     ${report.pulls.length} running`,
    ...report.pulls.map(
      (pull) =>
        `  ${printable(pull.cid)}  ${formatBytes(pull.sealedBytes)} of ${formatBytes(pull.sizeBytes)} sealed, ${formatCount(pull.blocks)} blocks, for ${formatDuration(nowMs - pull.startedMs)}`,
    ),
    `cleanups  ${
      Object.entries(report.cleanups)
        .map(([status, count]) => `${status} ${formatCount(count)}`)
        .join(', ') || 'none'
    }`,
    ...deletionLines(report),
    ...report.gaps.map(
      (gap) => `gap       blocks ${formatCount(gap.fromBlock)} to ${formatCount(gap.toBlock)} are waiting for a walk`,
    ),
    ...(report.lastOutage === undefined
      ? []
      : [
          `outage    last: ${report.lastOutage.part}, ${since(nowMs, report.lastOutage.fromMs)}, ${report.lastOutage.toMs === null ? 'still lasting' : `for ${formatDuration(report.lastOutage.toMs - report.lastOutage.fromMs)}`}`,
        ]),
  ].join('\n');
}
