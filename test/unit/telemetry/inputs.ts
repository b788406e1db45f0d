import { MIB } from '../../../src/domain/units.ts';
import type { ReportInputs } from '../../../src/telemetry/report.ts';

const list = { cids: [], owners: [], memoPrefixes: [], files: [] };

/** Inputs whose every figure is another one. */
export const inputs: ReportInputs = {
  account: 'cTaccount',
  version: '2.0.0',
  uptimeSeconds: 12.5,
  scheduler: {
    minSrdRatioPercent: 30,
    maxPendingTasks: 32,
    minFileSizeBytes: 1.5 * MIB,
    maxFileSizeBytes: 0,
    minReplicas: 40,
    maxReplicas: 100,
    strategy: { dbFilesWeight: 80, newFilesWeight: 10 },
    allow: list,
    deny: list,
  },
  pins: { runningCount: 1, failedCount: 2, sealedCount: 3, sealedBytes: 2.5 * MIB },
  workload: {
    files: { lost: { num: 4, sizeBytes: 5 }, pending: { num: 6, sizeBytes: 7 }, valid: { num: 8, sizeBytes: 9 } },
    srd: {
      srdCompleteGib: 10,
      srdRemainingTaskGib: 11,
      diskAvailableForSrdGib: 12,
      diskAvailableGib: 13,
      diskVolumeGib: 14,
      sysDiskAvailableGib: 15,
      srdVolumeCount: 16,
    },
  },
  group: { owner: 'cTowner', members: 20, ownIndex: 17 },
  queue: { count: 18, sizeBytes: 0.25 * MIB },
  deletedCount: 19,
  hasSealCoordinator: true,
};
