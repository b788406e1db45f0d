import { MIB } from '../../domain/units.ts';

/** Sealed bytes above this prove that a file is larger than it was ordered; sealing and DAG nodes add less. */
export function oversizeLimitBytes(orderedBytes: number): number {
  return 1.2 * orderedBytes + 16 * MIB;
}

export function isOversize(orderedBytes: number, sealedBytes: number): boolean {
  return sealedBytes > oversizeLimitBytes(orderedBytes);
}
