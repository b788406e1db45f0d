import { create } from 'kubo-rpc-client';
import { CID } from 'multiformats/cid';
import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startCustomers } from '../../../devnet/ipfs/customers.ts';
import { startEmbeddedServer } from '../../../devnet/ipfs/embedded/embedded-server.ts';
import type { RpcStyle } from '../../../devnet/ipfs/rpc/rpc-style.ts';
import { seededBytes } from '../../../devnet/ipfs/seeded-bytes.ts';
import { tempDir } from '../../support/temp-dir.ts';

async function startNode(style?: RpcStyle) {
  const server = await startEmbeddedServer({ dir: await tempDir(), style, storageMaxBytes: 1_000_000 });
  onTestFinished(() => server.close());
  const post = async (command: string) => {
    const answer = await request(`${server.apiUrl}/${command}`, { method: 'POST' });
    return { status: answer.statusCode, text: await answer.body.text() };
  };
  return { server, post };
}

const content = new TextEncoder().encode('hello');
/** What `ipfs add` makes of `hello`, as UnixFS in dag-pb and as a raw block. */
const HELLO_V0 = 'QmWfVY9y3xjsixTgbd9AorQxH7VtMpzfx2HaWtsoUYecaX';
const HELLO_V1 = 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq';

describe('an embedded node', () => {
  it('gives files the CIDs that ipfs add gives them', async () => {
    const customers = await startCustomers({ kubo: undefined, dir: await tempDir() });
    onTestFinished(() => customers.stop());
    expect(await customers.addFile(content)).toEqual({ cid: HELLO_V0, sizeBytes: 13 });
    expect(await customers.addFile(content, { cidVersion: 1 })).toEqual({ cid: HELLO_V1, sizeBytes: 5 });
  });

  it('satisfies a stock client', async () => {
    const { server } = await startNode();
    const stock = create({ url: server.apiUrl });
    const bytes = seededBytes('stock', 600_000);
    const { cid } = await stock.add(bytes, { cidVersion: 1 });
    const chunks: Uint8Array[] = [];
    for await (const chunk of stock.cat(cid)) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    expect((await stock.version()).version).toBe('0.42.0');
    expect((await stock.id()).id.toString()).toBe(server.node.peerId);
    const types = new Map<string, number>();
    for await (const { type } of stock.pin.ls()) types.set(type, (types.get(type) ?? 0) + 1);
    expect(types).toEqual(
      new Map([
        ['recursive', 1],
        ['indirect', 3],
      ]),
    );
    expect((await stock.block.stat(cid)).size).toBeLessThan(300);
    const before = await stock.repo.stat();
    expect(before).toMatchObject({ numObjects: 4n, storageMax: 1_000_000n });
    await stock.pin.rm(cid);
    let removed = 0;
    for await (const { err } of stock.repo.gc()) {
      expect(err).toBeNull();
      removed += 1;
    }
    expect(removed).toBe(4);
    expect((await stock.repo.stat()).repoSize).toBe(0n);
  });

  it('tells its size while blocks are written and removed', async () => {
    const { server, post } = await startNode();
    const { blocks } = server.node;
    const content = [seededBytes('many blocks', 40 * 262_144)];
    const work = new AbortController();
    const works = async (): Promise<void> => {
      await server.node.add(content, { cidVersion: 1, rawLeaves: true, pin: false });
      for await (const _ of server.node.collectGarbage());
      work.abort();
    };
    const answers = new Set<number>();
    const looks = async (): Promise<void> => {
      while (!work.signal.aborted) answers.add((await post('repo/stat')).status);
    };
    await Promise.all([works(), looks()]);
    expect(answers).toEqual(new Set([200]));
    expect(await blocks.size()).toEqual({ sizeBytes: 0, objects: 0 });
  });

  it.each<[RpcStyle, object, string]>([
    ['go-ipfs-0.8', { Type: 'recursive' }, 'merkledag: not found'],
    [
      'kubo-0.42',
      { Type: 'recursive', Name: '' },
      `block was not found locally (offline): ipld: could not find ${HELLO_V0}`,
    ],
  ])('answers in the words of %s', async (style, entry, missing) => {
    const { server, post } = await startNode(style);
    expect(JSON.parse((await post(`block/get?offline=true&arg=${HELLO_V0}`)).text)).toEqual({
      Message: missing,
      Code: 0,
      Type: 'error',
    });
    expect(JSON.parse((await post(`pin/ls?arg=${HELLO_V0}`)).text)).toMatchObject({
      Message: `path '${HELLO_V0}' is not pinned`,
    });
    await server.node.add([content], { cidVersion: 0, rawLeaves: false, pin: true });
    expect(JSON.parse((await post(`pin/ls?arg=/ipfs/${HELLO_V0}`)).text)).toEqual({ Keys: { [HELLO_V0]: entry } });
    expect((await post('pin/ls?stream=true')).text).toBe(`{"Cid":"${HELLO_V0}","Type":"recursive"}\n`);
    expect((await post('pin/ls?type=other')).status).toBe(500);
    expect((await post('pin/rm?arg=nonsense')).status).toBe(500);
    expect((await post('unknown')).status).toBe(404);
    expect((await request(`${server.apiUrl}/version`)).statusCode).toBe(405);
  });

  it('moves a pin on to what it has, and tells what it has not', async () => {
    const { server, post } = await startNode();
    const empty = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn';
    await server.node.add([content], { cidVersion: 0, rawLeaves: false, pin: false });
    const update = async () => await post(`pin/update?arg=${empty}&arg=${HELLO_V0}&unpin=false`);
    expect((await update()).text).toContain("'from' cid was not recursively pinned already");
    expect((await post(`pin/add?arg=${empty}`)).status).toBe(200);
    expect(JSON.parse((await update()).text)).toEqual({ Pins: [empty, HELLO_V0] });
    expect((await update()).text).toContain("'to' cid was already recursively pinned");
    for (const cid of [empty, HELLO_V0]) expect(await server.node.pinType(cid, 'recursive')).toBe('recursive');
    const stat = async (cid: string) => await post(`files/stat?arg=/ipfs/${cid}&with-local=true&offline=true`);
    expect(JSON.parse((await stat(HELLO_V0)).text)).toMatchObject({ Hash: HELLO_V0, Local: true });
    expect((await stat(HELLO_V1)).text).toContain('could not find');
  });

  it('takes no block from a peer that does not match its hash', async () => {
    const honest = await startNode();
    const liar = await startNode();
    await liar.server.node.blocks.put(CID.parse(HELLO_V0), seededBytes('a lie', 13));
    honest.server.node.blocks.connect(liar.server.apiUrl);
    const answer = await honest.post(`pin/add?arg=${HELLO_V0}`);
    expect(answer.text).toContain('does not match its hash');
    expect((await honest.server.node.blocks.size()).objects).toBe(0);
  });

  it('fetches through a peer that is away for a while as soon as it is back', async () => {
    const { server } = await startNode();
    const peer = await startNode();
    peer.server.faults.decide = () => 'drop';
    server.node.blocks.connect(peer.server.apiUrl);
    const { cid } = await peer.server.node.add([content], {
      cidVersion: 1,
      rawLeaves: true,
      pin: true,
    });
    const client = new AbortController();
    const waiting = server.node.resolveRoot(cid, client.signal);
    client.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    peer.server.faults.decide = undefined;
    await server.node.resolveRoot(cid, new AbortController().signal);
    expect((await server.node.blocks.size()).objects).toBe(1);
  });
});
