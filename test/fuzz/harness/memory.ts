import v8 from 'node:v8';
import vm from 'node:vm';
import { MIB } from '../../../src/domain/units.ts';
import { Finding } from './finding.ts';

const maxGrowthBytes = 50 * MIB;

v8.setFlagsFromString('--expose-gc');
const collect: unknown = vm.runInNewContext('gc');

function collectGarbage(): void {
  if (typeof collect === 'function') collect();
}

/** Memory in use that no collection takes back. */
export function heldBytes(): number {
  collectGarbage();
  return usedBytes();
}

function usedBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Throws when more than 50 MiB are held beyond `beforeBytes`. Garbage is collected only when it seems so. */
export function grownBeyond(beforeBytes: number): void {
  if (usedBytes() - beforeBytes <= maxGrowthBytes) return;
  const grownBytes = heldBytes() - beforeBytes;
  if (grownBytes > maxGrowthBytes) throw new Finding(`${Math.round(grownBytes / MIB)} MiB more memory are held`);
}
