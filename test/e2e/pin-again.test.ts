import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type World } from '../../devnet/world/world.ts';
import { UndiciTransport } from '../../src/clients/http/undici-transport.ts';
import { IpfsClient } from '../../src/clients/ipfs/ipfs-client.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import {
  addSeededFile,
  collectGarbage,
  contentHash,
  hashOnDisk,
  inSworker,
  isPinned,
  type SeededFile,
} from '../support/e2e/daemon.ts';
import { isWithoutKubo, realKubo } from '../support/e2e/real-kubo.ts';
import { SMALL_WORLD } from '../support/e2e/small-world.ts';
import { endPointAt } from '../support/local-server.ts';

const MIB = 1024 ** 2;
const going = new AbortController().signal;

describe.skipIf(isWithoutKubo)('a sealed file whose pin is missing', () => {
  let world: World;
  let client: IpfsClient;

  beforeAll(async () => {
    world = await startWorld({ ...SMALL_WORLD, kubo: realKubo() });
    const endPoint = endPointAt(new URL(world.ipfs.apiUrl).origin);
    client = new IpfsClient({ endPoint, transport: new UndiciTransport(endPoint), clock: new SystemClock() });
  });
  afterAll(async () => {
    await client?.close();
    await world?.stop();
  });

  async function sealedAndUnpinned(name: string, cidVersion: 0 | 1): Promise<SeededFile> {
    const file = await addSeededFile(world, name, 3 * MIB, cidVersion);
    expect(await client.pinAdd(file.cid, { signal: going, onProgress: () => undefined })).toEqual({ kind: 'pinned' });
    const answer = await request(`${world.ipfs.apiUrl}/pin/rm?arg=${file.cid}`, { method: 'POST' });
    await answer.body.dump();
    expect([inSworker(world, file.cid), await isPinned(world, file.cid)]).toEqual(['valid', false]);
    return file;
  }

  it.each([0, 1] as const)('is refused by pin/add, and pinned again as it is (CID version %i)', async (cidVersion) => {
    const file = await sealedAndUnpinned(`unpinned ${cidVersion}`, cidVersion);
    const refusal = await client.pinAdd(file.cid, { signal: going, onProgress: () => undefined });
    expect(refusal).toMatchObject({ kind: 'refused', code: 8012 });
    expect(await client.pinAgain(file.cid, going)).toEqual({ kind: 'pinned' });
    expect(await client.pinAgain(file.cid, going)).toEqual({ kind: 'pinned' });
    await collectGarbage(world);
    expect(await hashOnDisk(world, file.cid)).toBe(contentHash(file));
    expect([inSworker(world, file.cid), await isPinned(world, file.cid)]).toEqual(['valid', true]);
  });

  it('is not pinned, nor fetched anew, when a garbage collection has taken its blocks', async () => {
    const file = await sealedAndUnpinned('collected', 0);
    await collectGarbage(world);
    const result = await Promise.race([client.pinAgain(file.cid, going), sleep(20_000, 'waits for the network')]);
    expect(result).toEqual({ kind: 'incomplete' });
    expect(await isPinned(world, file.cid)).toBe(false);
  });
});
