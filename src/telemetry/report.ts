import type { SchedulerConfig } from '../config/config.ts';
import type { FileTally, Workload } from '../domain/facts.ts';
import { MIB } from '../domain/units.ts';

/** Everything the report tells. Counts of pins, and of deletions, are those whose last change is in the last 24 h. */
export interface ReportInputs {
  /** ss58-66. */
  readonly account: string;
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly scheduler: SchedulerConfig;
  readonly pins: {
    readonly runningCount: number;
    readonly failedCount: number;
    readonly sealedCount: number;
    /** Of the sealed ones. */
    readonly sealedBytes: number;
  };
  readonly workload: Workload;
  /** Undefined without a group. */
  readonly group: { readonly owner: string; readonly members: number; readonly ownIndex: number } | undefined;
  /** Orders that are to be pulled or may be. */
  readonly queue: { readonly count: number; readonly sizeBytes: number };
  readonly deletedCount: number;
  readonly hasSealCoordinator: boolean;
}

type Field = (inputs: ReportInputs) => unknown;
interface Fields {
  readonly [name: string]: Field | Fields;
}

export interface Report {
  readonly [name: string]: unknown;
}

/** The collector's names to the letter, misspellings included: other programs read them. Sizes of pins and queue in MiB, of sWorker's files in bytes. */
const fields: Fields = {
  chainAccount: ({ account }) => account,
  smangerInfo: {
    version: ({ version }) => version,
    uptime: ({ uptimeSeconds }) => uptimeSeconds,
    schedulerConfig: {
      strategy: ({ scheduler }) => scheduler.strategy,
      minSrdRatio: ({ scheduler }) => scheduler.minSrdRatioPercent,
      maxPendingTasks: ({ scheduler }) => scheduler.maxPendingTasks,
      minFileSize: ({ scheduler }) => scheduler.minFileSizeBytes / MIB,
      maxFileSize: ({ scheduler }) => scheduler.maxFileSizeBytes / MIB,
      minReplicas: ({ scheduler }) => scheduler.minReplicas,
      maxReplicas: ({ scheduler }) => scheduler.maxReplicas,
    },
  },
  pinStats: {
    sealingCount: ({ pins }) => pins.runningCount,
    failedCount: ({ pins }) => pins.failedCount,
    sealedCount: ({ pins }) => pins.sealedCount,
    sealedSize: ({ pins }) => pins.sealedBytes / MIB,
  },
  sworker: {
    files: {
      lost: ({ workload }) => tally(workload.files.lost),
      pending: ({ workload }) => tally(workload.files.pending),
      valid: ({ workload }) => tally(workload.files.valid),
    },
    srd: {
      srd_complete: ({ workload }) => workload.srd.srdCompleteGib,
      srd_remaining_task: ({ workload }) => workload.srd.srdRemainingTaskGib,
      disk_available_for_srd: ({ workload }) => workload.srd.diskAvailableForSrdGib,
      disk_available: ({ workload }) => workload.srd.diskAvailableGib,
      disk_volume: ({ workload }) => workload.srd.diskVolumeGib,
      sys_disk_available: ({ workload }) => workload.srd.sysDiskAvailableGib,
      srd_volumn_count: ({ workload }) => workload.srd.srdVolumeCount,
    },
  },
  groupInfo: {
    groupAccount: ({ group }) => group?.owner ?? '',
    totalMembers: ({ group }) => group?.members ?? 0,
    nodeIndex: ({ group }) => group?.ownIndex ?? 0,
  },
  queueStats: {
    pendingCount: ({ queue }) => queue.count,
    pendingSizeTotal: ({ queue }) => queue.sizeBytes / MIB,
  },
  cleanupStats: { deletedCount: ({ deletedCount }) => deletedCount },
  hasSealCoordinator: ({ hasSealCoordinator }) => hasSealCoordinator,
};

export function buildReport(inputs: ReportInputs): Report {
  return filled(fields, inputs);
}

function filled(table: Fields, inputs: ReportInputs): Report {
  return Object.fromEntries(
    Object.entries(table).map(([name, field]) => [
      name,
      typeof field === 'function' ? field(inputs) : filled(field, inputs),
    ]),
  );
}

function tally({ num, sizeBytes }: FileTally): { readonly num: number; readonly size: number } {
  return { num, size: sizeBytes };
}
