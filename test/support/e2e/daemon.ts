import { createHash } from 'node:crypto';
import { request } from 'undici';
import { seededBytes } from '../../../devnet/ipfs/seeded-bytes.ts';
import type { World } from '../../../devnet/world/world.ts';

/** A file of the customers, its content drawn from its seed. */
export interface SeededFile {
  readonly seed: string;
  readonly contentBytes: number;
  readonly cid: string;
  /** All blocks together: what an order declares. */
  readonly sizeBytes: number;
}

export async function addSeededFile(
  world: World,
  seed: string,
  contentBytes: number,
  cidVersion: 0 | 1 = 0,
): Promise<SeededFile> {
  const { cid, sizeBytes } = await world.customers.addSeededFile(seed, contentBytes, { cidVersion });
  return { seed, contentBytes, cid, sizeBytes };
}

export const contentHash = ({ seed, contentBytes }: SeededFile): string =>
  createHash('sha256').update(seededBytes(seed, contentBytes)).digest('hex');

/** sha256 of what `ipfs cat` gives on the bot's own node without asking the network; undefined when it has not all of the file's blocks. */
export async function hashOnDisk(world: World, cid: string): Promise<string | undefined> {
  const answer = await request(`${world.ipfs.apiUrl}/cat?offline=true&arg=${cid}`, { method: 'POST' });
  const bytes = new Uint8Array(await answer.body.arrayBuffer());
  return answer.statusCode === 200 ? createHash('sha256').update(bytes).digest('hex') : undefined;
}

export async function isPinned(world: World, cid: string): Promise<boolean> {
  const answer = await request(`${world.ipfs.apiUrl}/pin/ls?type=recursive&arg=${cid}`, { method: 'POST' });
  await answer.body.dump();
  return answer.statusCode === 200;
}

/** CIDs of all recursive pins. */
export async function pinnedRoots(world: World): Promise<ReadonlySet<string>> {
  const answer = await request(`${world.ipfs.apiUrl}/pin/ls?type=recursive&stream=true`, { method: 'POST' });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`pin/ls answered ${answer.statusCode}: ${text}`);
  const lines = text.split('\n').filter((line) => line !== '');
  return new Set(lines.map((line) => (JSON.parse(line) as { Cid: string }).Cid));
}

/** `repo/gc`; resolves with the CIDs of the blocks it removed. */
export async function collectGarbage(world: World): Promise<readonly string[]> {
  const answer = await request(`${world.ipfs.apiUrl}/repo/gc`, { method: 'POST' });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`repo/gc answered ${answer.statusCode}: ${text}`);
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { Key: { '/': string } }).Key['/']);
}

/** Where sWorker has a file: `valid`, `lost`, `pending` or nowhere. */
export function inSworker(world: World, cid: string): string {
  const { files } = world.sworker;
  return files.pending.has(cid) ? 'pending' : (files.find(cid)?.state ?? 'nowhere');
}
