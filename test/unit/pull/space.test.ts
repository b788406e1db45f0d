import { describe, expect, it } from 'vitest';
import type { SrdFigures } from '../../../src/domain/facts.ts';
import { GIB, MIB } from '../../../src/domain/units.ts';
import { isOversize, oversizeLimitBytes } from '../../../src/pull/rules/oversize.ts';
import { noSpace, remainingBytes, srdRatioLow, systemDiskLow } from '../../../src/pull/rules/space.ts';

const srd: SrdFigures = {
  srdCompleteGib: 12,
  srdRemainingTaskGib: 0,
  diskAvailableForSrdGib: 0,
  diskAvailableGib: 10,
  diskVolumeGib: 100,
  sysDiskAvailableGib: 50,
  srdVolumeCount: 1,
};

describe('space', () => {
  it('fits exactly up to 2.2 times the file and what other pulls still bring', () => {
    expect(noSpace(srd, 10 * GIB, 0)).toBeUndefined();
    expect(noSpace(srd, 10 * GIB + 1, 0)).toEqual({
      sizeBytes: 10 * GIB + 1,
      pendingBytes: 0,
      freeBytes: 22 * GIB,
      systemDiskGib: 50,
    });
    expect(noSpace(srd, 4 * GIB, 6 * GIB)).toBeUndefined();
    expect(noSpace(srd, 4 * GIB, 6 * GIB + 1)).toBeDefined();
  });

  it('needs 50 GiB on the system disk whatever the file', () => {
    expect(systemDiskLow(srd)).toBe(false);
    const low = { ...srd, sysDiskAvailableGib: 49.9 };
    expect(systemDiskLow(low)).toBe(true);
    expect(noSpace(low, 1, 0)).toBeDefined();
  });

  it('holds pulls back below the SRD ratio, and never at a ratio of 0', () => {
    const half = { ...srd, srdCompleteGib: 10 };
    expect([srdRatioLow(half, 50), srdRatioLow(half, 51), srdRatioLow(half, 0)]).toEqual([false, true, false]);
    const none = { ...srd, srdCompleteGib: 0, diskAvailableGib: 0 };
    expect([srdRatioLow(none, 0), srdRatioLow(none, 1)]).toEqual([false, true]);
  });

  it('counts what a pull still brings, never less than nothing', () => {
    expect([remainingBytes(10, 4), remainingBytes(10, 11)]).toEqual([6, 0]);
  });

  it('calls a file oversize above 1.2 times its order and 16 MiB', () => {
    const limit = oversizeLimitBytes(100 * MIB);
    expect(limit).toBe(136 * MIB);
    expect([isOversize(100 * MIB, limit), isOversize(100 * MIB, limit + 1)]).toEqual([false, true]);
  });
});
