import { describe, expect, it } from 'vitest';
import { buildReport } from '../../../src/telemetry/report.ts';
import { inputs } from './inputs.ts';

describe('the telemetry report', () => {
  it('has the collector’s fields to the letter', () => {
    expect(JSON.parse(JSON.stringify(buildReport(inputs)))).toEqual({
      chainAccount: 'cTaccount',
      smangerInfo: {
        version: '2.0.0',
        uptime: 12.5,
        schedulerConfig: {
          strategy: { dbFilesWeight: 80, newFilesWeight: 10 },
          minSrdRatio: 30,
          maxPendingTasks: 32,
          minFileSize: 1.5,
          maxFileSize: 0,
          minReplicas: 40,
          maxReplicas: 100,
        },
      },
      pinStats: { sealingCount: 1, failedCount: 2, sealedCount: 3, sealedSize: 2.5 },
      sworker: {
        files: { lost: { num: 4, size: 5 }, pending: { num: 6, size: 7 }, valid: { num: 8, size: 9 } },
        srd: {
          srd_complete: 10,
          srd_remaining_task: 11,
          disk_available_for_srd: 12,
          disk_available: 13,
          disk_volume: 14,
          sys_disk_available: 15,
          srd_volumn_count: 16,
        },
      },
      groupInfo: { groupAccount: 'cTowner', totalMembers: 20, nodeIndex: 17 },
      queueStats: { pendingCount: 18, pendingSizeTotal: 0.25 },
      cleanupStats: { deletedCount: 19 },
      hasSealCoordinator: true,
    });
  });

  it('has zeros and an empty text without a group', () => {
    expect(buildReport({ ...inputs, group: undefined })).toMatchObject({
      groupInfo: { groupAccount: '', totalMembers: 0, nodeIndex: 0 },
    });
  });

  it('never holds null or undefined', () => {
    const zero = { ...inputs, pins: { runningCount: 0, failedCount: 0, sealedCount: 0, sealedBytes: 0 } };
    expect(JSON.stringify(buildReport({ ...zero, group: undefined }))).not.toContain('null');
    expect(buildReport(zero)).toMatchObject({ pinStats: { sealedSize: 0 } });
  });
});
