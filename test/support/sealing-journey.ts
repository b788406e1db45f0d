import { createHash } from 'node:crypto';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { seededBytes } from '../../devnet/ipfs/seeded-bytes.ts';
import { holdBack, letGo, type SealingNode } from './sealing-node.ts';

const SEAL = '/api/v0/storage/seal';
const SEAL_END = '/api/v0/storage/seal_end';
/** Several blocks and two levels of links are not needed for what is told here; five blocks keep it quick. */
const SIZE_BYTES = 1_200_000;

/** Registers the same tests for every kind of IPFS behind the sealing front; call it inside a `describe`. */
export function sealingJourney(start: () => Promise<SealingNode>): void {
  let node: SealingNode;
  let files = 0;

  beforeAll(async () => {
    node = await start();
  });
  afterEach(() => letGo(node));
  afterAll(async () => {
    await node.close();
  });

  const newFile = (cidVersion: 0 | 1 = 1) => {
    files += 1;
    return node.customers.addSeededFile(`file ${files}`, SIZE_BYTES, { cidVersion });
  };
  const isPinned = async (cid: string) => (await node.rpc(`pin/ls?type=recursive&arg=${cid}`)).status === 200;

  it.each([0, 1] as const)('brings the bytes of a CIDv%i over, seals them and pins', async (cidVersion) => {
    const seed = `journey of ${cidVersion}`;
    const { cid, sizeBytes } = await node.customers.addSeededFile(seed, SIZE_BYTES, { cidVersion });
    const answer = await node.rpc(`pin/add?progress=true&arg=${cid}`);
    expect(answer).toMatchObject({ status: 200, streamError: undefined });
    const lines = answer.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.at(-1)).toEqual({ Pins: [cid] });
    expect(lines.at(-2)).toMatchObject({ Progress: 6 });
    expect(node.sworker.files.find(cid)).toMatchObject({ state: 'valid', sizeBytes, sealedAtBlock: 100 });
    expect(await isPinned(cid)).toBe(true);
    const cat = await request(`${node.bot.apiUrl}/cat?offline=true&arg=${cid}`, { method: 'POST' });
    const hash = createHash('sha256').update(new Uint8Array(await cat.body.arrayBuffer()));
    expect(hash.digest('hex')).toBe(createHash('sha256').update(seededBytes(seed, SIZE_BYTES)).digest('hex'));
  });

  it('answers a pinned CID at once without asking sWorker', async () => {
    const { cid } = await newFile();
    await node.rpc(`pin/add?arg=${cid}`);
    node.asked.length = 0;
    expect(JSON.parse((await node.rpc(`pin/add?arg=${cid}`)).text)).toEqual({ Pins: [cid] });
    expect(node.asked).toEqual([]);
  });

  it('fails with 8012 when sWorker holds the file already', async () => {
    const { cid, sizeBytes } = await newFile();
    node.sworker.preload([{ cid, sizeBytes }]);
    const answer = await node.rpc(`pin/add?progress=true&arg=${cid}`);
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.text)).toEqual({
      Message: 'pin: Seal response error code is: 8012',
      Code: 0,
      Type: 'error',
    });
  });

  it('hides sWorker behind its HTTP status, in a trailer once progress was written', async () => {
    const { cid } = await newFile();
    holdBack(node, SEAL);
    const answer = node.rpc(`pin/add?progress=true&arg=${cid}`);
    await node.sworkerServer.faults.untilHeld(1);
    node.tick();
    node.sworker.restart();
    letGo(node);
    const { status, streamError } = await answer;
    expect({ status, streamError }).toEqual({ status: 200, streamError: 'pin: Seal error code is: 500' });
    expect(await isPinned(cid)).toBe(false);
  });

  it('loses the seal when the client goes away', async () => {
    const { cid } = await newFile();
    holdBack(node, SEAL, SEAL_END);
    const client = new AbortController();
    const answer = node.rpc(`pin/add?arg=${cid}`, client.signal);
    await node.sworkerServer.faults.untilHeld(1);
    expect(node.sworker.files.pending.has(cid)).toBe(true);
    client.abort();
    await expect(answer).rejects.toThrow('abort');
    await node.sworkerServer.faults.untilHeld(2);
    expect(node.asked.at(-1)).toBe(SEAL_END);
    letGo(node);
    // The lock is free again only when the pin has given up.
    (await node.bot.lock.write())();
    expect(node.sworker.files.pending.has(cid)).toBe(false);
    expect(node.sworker.files.find(cid)).toBeUndefined();
    expect(await isPinned(cid)).toBe(false);
  });

  it('waits for a root that nobody has, and ends with the timeout, sWorker never asked', async () => {
    const nobody = 'bafkreigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi';
    node.asked.length = 0;
    const answer = await node.rpc(`pin/add?timeout=50ms&arg=${nobody}`);
    expect(answer.status).toBe(500);
    expect(answer.text).toContain('context deadline exceeded');
    expect(node.asked).toEqual([]);
  });

  it('lets a garbage collection wait for running pins and hold back new ones', async () => {
    const [first, second] = [await newFile(), await newFile()];
    const order: string[] = [];
    holdBack(node, SEAL);
    const running = node.rpc(`pin/add?arg=${first.cid}`).then(() => order.push('first'));
    await node.sworkerServer.faults.untilHeld(1);
    const collected = node.rpc('repo/gc').then(() => order.push('gc'));
    await node.bot.lock.untilWaiting(1);
    const later = node.rpc(`pin/add?arg=${second.cid}`).then(() => order.push('second'));
    await node.bot.lock.untilWaiting(2);
    expect(node.sworker.files.pending.has(second.cid)).toBe(false);
    letGo(node);
    await Promise.all([running, collected, later]);
    expect(order).toEqual(['first', 'gc', 'second']);
  });

  it('unpins what sWorker deletes, frees its blocks, and seals it again only after the report', async () => {
    const { cid } = await newFile();
    await node.rpc(`pin/add?arg=${cid}`);
    node.sworker.reportSlot();
    expect(await node.sworkerDelete(cid)).toBe(200);
    expect(await isPinned(cid)).toBe(false);
    const blocks = (await node.rpc('repo/gc')).text.trim().split('\n').length;
    expect(blocks).toBeGreaterThanOrEqual(6);
    expect((await node.rpc(`cat?offline=true&arg=${cid}`)).status).toBe(500);
    expect((await node.rpc(`pin/add?arg=${cid}`)).text).toContain('pin: Start Seal error code is: 400');
    node.sworker.reportSlot();
    expect(node.reports.at(-1)?.deleted).toEqual([cid]);
    expect((await node.rpc(`pin/add?arg=${cid}`)).status).toBe(200);
  });

  it('leaves its pending entry behind when killed, and comes back on the same address with its pins', async () => {
    const [kept, unfinished] = [await newFile(), await newFile()];
    await node.rpc(`pin/add?arg=${kept.cid}`);
    const before = node.bot.apiUrl;
    holdBack(node, SEAL);
    const answer = Promise.allSettled([node.rpc(`pin/add?arg=${unfinished.cid}`)]);
    await node.sworkerServer.faults.untilHeld(1);
    await node.bot.kill();
    expect((await answer)[0].status).toBe('rejected');
    letGo(node);
    expect(node.sworker.files.pending.has(unfinished.cid)).toBe(true);
    await node.bot.start();
    expect(node.bot.apiUrl).toBe(before);
    expect(await isPinned(kept.cid)).toBe(true);
    expect((await node.rpc(`pin/add?arg=${unfinished.cid}`)).text).toContain('8013');
    node.sworker.seals.end(unfinished.cid);
    expect((await node.rpc(`pin/add?arg=${unfinished.cid}`)).status).toBe(200);
  });
}
