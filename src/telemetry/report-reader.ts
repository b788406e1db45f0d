import type { Config } from '../config/config.ts';
import type { GroupFacts } from '../domain/facts.ts';
import type { SourceWeights } from '../domain/strategy.ts';
import { DAY_MS, SECOND_MS } from '../domain/units.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Conditions } from '../runtime/conditions.ts';
import type { Overview } from '../store/overview.ts';
import type { Tally, TallyCount } from '../store/tally.ts';
import type { ReportInputs } from './report.ts';

interface ReportReaderParts {
  readonly config: Config;
  readonly version: string;
  readonly overview: Overview;
  readonly tally: Tally;
  readonly conditions: Conditions;
  readonly clock: Clock;
}

/** Gathers what the hourly report tells. */
export class ReportReader {
  readonly #parts: ReportReaderParts;
  readonly #startedMs: number;

  constructor(parts: ReportReaderParts) {
    this.#parts = parts;
    this.#startedMs = parts.clock.monotonicMs();
  }

  /** Undefined while sWorker is offline: then nothing is sent. */
  async read(): Promise<ReportInputs | undefined> {
    const { config, version, overview, tally, conditions, clock } = this.#parts;
    const workload = await overview.facts.find('workload');
    if (workload === undefined || conditions.away('sworker')) return undefined;
    const group = await overview.facts.find('group');
    const known = group !== undefined && (await overview.facts.find('active-nodes')) !== undefined;
    const sinceMs = clock.nowMs() - DAY_MS;
    const pins = await overview.pinsSince(sinceMs);
    const pending = (await tally.counts()).filter((count) => isPending(count, config.scheduler.strategy, known));
    return {
      account: config.chain.account.address,
      version,
      uptimeSeconds: (clock.monotonicMs() - this.#startedMs) / SECOND_MS,
      scheduler: config.scheduler,
      pins: {
        runningCount: (await overview.runningPulls()).length,
        failedCount: pins.get('failed')?.count ?? 0,
        sealedCount: pins.get('sealed')?.count ?? 0,
        sealedBytes: pins.get('sealed')?.bytes ?? 0,
      },
      workload,
      group: group?.trouble === null ? toldGroup(group) : undefined,
      queue: {
        count: pending.reduce((sum, count) => sum + count.orders, 0),
        sizeBytes: pending.reduce((sum, count) => sum + count.bytes, 0),
      },
      deletedCount: await overview.cleanupsDoneSince(sinceMs),
      hasSealCoordinator: config.sealCoordinator !== undefined,
    };
  }
}

function toldGroup({ owner, members, ownIndex }: GroupFacts): ReportInputs['group'] {
  return owner === null ? undefined : { owner, members: members.length, ownIndex };
}

/** What the collector calls pending: orders that may still be pulled, of a source that is pulled from. */
function isPending(count: TallyCount, weights: SourceWeights, factsKnown: boolean): boolean {
  const weight = count.orderClass === 'new' ? weights.newFilesWeight : weights.dbFilesWeight;
  if (weight === 0) return false;
  if (count.status === 'queued') return true;
  if (count.status === 'new') return factsKnown;
  return count.status === 'waiting' && (count.verdict === 'no-space' || count.verdict === 'few-replicas');
}
