import type { VerdictInputs } from '../../domain/order.ts';
import { freeGib, srdRatioPercent, type SrdFigures } from '../../domain/facts.ts';
import { GIB } from '../../domain/units.ts';

const SYSTEM_DISK_GIB = 50;
// A file needs its plain and its sealed copy while it is sealed, and some room for bookkeeping.
const SPACE_FACTOR = 2.2;

/** No pull starts with less than 50 GiB free on the system disk. */
export function systemDiskLow(srd: SrdFigures): boolean {
  return srd.sysDiskAvailableGib < SYSTEM_DISK_GIB;
}

/** No pull starts below `minSrdRatioPercent`; 0 switches the check off. */
export function srdRatioLow(srd: SrdFigures, minSrdRatioPercent: number): boolean {
  return minSrdRatioPercent > 0 && srdRatioPercent(srd) < minSrdRatioPercent;
}

/** Why a file of `sizeBytes` does not fit beside `pendingBytes` still to come of other pulls; undefined when it fits. */
export function noSpace(srd: SrdFigures, sizeBytes: number, pendingBytes: number): VerdictInputs | undefined {
  const freeBytes = Math.floor(freeGib(srd) * GIB);
  const fits = !systemDiskLow(srd) && freeBytes >= SPACE_FACTOR * (sizeBytes + pendingBytes);
  if (fits) return undefined;
  return { sizeBytes, pendingBytes, freeBytes, systemDiskGib: srd.sysDiskAvailableGib };
}

/** Bytes a running pull still has to bring. */
export function remainingBytes(sizeBytes: number, sealedBytes: number): number {
  return Math.max(0, sizeBytes - sealedBytes);
}
