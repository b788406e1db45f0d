import type { CatchUp } from '../domain/progress.ts';
import { formatCount, formatDuration, formatRate } from '../lib/format.ts';
import type { Progress } from '../store/overview.ts';

type Walk = NonNullable<Progress['walk']>;

const barCells = 24;

/** "42 %, 1,234 of about 2,940 orders, 320 orders/s, 5 s left". */
export function walkText(walk: Walk, nowMs: number): string {
  const percent = `${Math.floor(walk.share * 100)} %`;
  const { pace } = walk;
  if (pace === null) return `${percent}, ${formatCount(walk.orders)} orders`;
  const orders = `${formatCount(walk.orders)} of about ${formatCount(pace.expectedOrders)} orders`;
  const left = `${formatDuration(pace.expectedEndMs - nowMs)} left`;
  return `${percent}, ${orders}, ${formatRate(pace.ordersPerSecond, 'orders')}, ${left}`;
}

/** "12,000 blocks behind, 2,900 blocks/s, 4 s left". */
export function catchUpText({ blocksBehind, blocksPerSecond, expectedEndMs }: CatchUp, nowMs: number): string {
  const left = expectedEndMs === null ? [] : [`${formatDuration(expectedEndMs - nowMs)} left`];
  return [`${formatCount(blocksBehind)} blocks behind`, formatRate(blocksPerSecond, 'blocks'), ...left].join(', ');
}

/** One line for the foot of a terminal; empty while nothing takes long. */
export function progressBar({ walk, catchUp }: Progress, nowMs: number): string {
  const parts: string[] = [];
  if (walk?.status === 'running') {
    const filled = Math.round(barCells * walk.share);
    parts.push(`walk [${'#'.repeat(filled)}${'-'.repeat(barCells - filled)}] ${walkText(walk, nowMs)}`);
  }
  if (catchUp !== null) parts.push(`events ${catchUpText(catchUp, nowMs)}`);
  return parts.join('; ');
}
