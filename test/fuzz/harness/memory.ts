import v8 from 'node:v8';
import vm from 'node:vm';
import { MIB } from '../../../src/domain/units.ts';
import { Finding } from './finding.ts';

export const maxGrowthBytes = 50 * MIB;

v8.setFlagsFromString('--expose-gc');
const collect: unknown = vm.runInNewContext('gc');

function collectGarbage(): void {
  if (typeof collect === 'function') collect();
}

/** What sockets and streams held is given back only when the event loop has turned. */
const turns = 5;
const turnMs = 100;

/** Memory in use that no collection takes back. */
export function heldBytes(): number {
  collectGarbage();
  return usedBytes();
}

/** The same once what is free already has been given back. */
export async function restingBytes(): Promise<number> {
  let bytes = heldBytes();
  for (let turn = 0; turn < turns; turn += 1) {
    await eventLoopTurn();
    const beforeBytes = bytes;
    bytes = heldBytes();
    if (beforeBytes - bytes < MIB) break;
  }
  return bytes;
}

async function eventLoopTurn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, turnMs));
}

function usedBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Rejects when more than 50 MiB are held beyond `beforeBytes`. Garbage is collected only when it seems so. */
export async function mustNotGrow(beforeBytes: number): Promise<void> {
  if (usedBytes() - beforeBytes <= maxGrowthBytes) return;
  let grownBytes = heldBytes() - beforeBytes;
  for (let turn = 0; turn < turns && grownBytes > maxGrowthBytes; turn += 1) {
    await eventLoopTurn();
    grownBytes = heldBytes() - beforeBytes;
  }
  if (grownBytes > maxGrowthBytes) throw new Finding(`${Math.round(grownBytes / MIB)} MiB more memory are held`);
}
