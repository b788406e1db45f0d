import { afterEach, describe, expect, it } from 'vitest';

import { ControlServer } from '../../../devnet/chain/control-server.ts';
import { ChainModel } from '../../../devnet/chain/model.ts';
import { fileInfo } from '../../../devnet/chain/model-files.ts';
import { ChainRpc } from '../../../devnet/chain/rpc.ts';
import { ChainServer } from '../../../devnet/chain/server.ts';
import { eventNames } from './support/decode.ts';

const closes: (() => Promise<void>)[] = [];

async function world(): Promise<{ chain: ChainModel; server: ChainServer; url: string }> {
  const chain = new ChainModel({ specVersion: 22 });
  const server = await ChainServer.listen(new ChainRpc(chain));
  closes.push(() => server.close());
  const control = await ControlServer.listen({ chain, server });
  closes.push(() => control.close());
  return { chain, server, url: control.url };
}

async function post(url: string, action: string, body?: object): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/${action}`, {
    method: 'POST',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

describe('the control API', () => {
  it('places orders, alone and in a batch, and moves time', async () => {
    const { chain, url } = await world();
    await post(url, 'order', { cid: 'a', sizeBytes: 10, tipsPico: '5', memo: 'm' });
    await post(url, 'batch', { orders: [{ cid: 'b', sizeBytes: '20' }], allOrNothing: true });
    expect((await post(url, 'advance', { blocks: 1 })).body).toMatchObject({ headBlock: 1, finalizedBlock: 1 });
    expect(fileInfo(chain, 'a')).toMatchObject({ sizeBytes: 10n });
    expect(await (await fetch(`${url}/file?cid=b`)).json()).toMatchObject({ sizeBytes: '20', owners: [] });
    expect(await (await fetch(`${url}/file?cid=c`)).json()).toBeNull();
  });

  it('puts, prepays, settles and removes files', async () => {
    const { chain, url } = await world();
    await post(url, 'put-file', { cid: 'a', sizeBytes: 10, expiresAtBlock: 1 });
    await post(url, 'put-file', { cid: 'b', sizeBytes: 10 });
    await post(url, 'prepay', { cid: 'a', amountPico: '10000000' });
    await post(url, 'settle', { cid: 'a' });
    await post(url, 'advance');
    expect(eventNames(chain, 'market')).toEqual(['AddPrepaidSuccess', 'RenewFileSuccess', 'CalculateSuccess']);
    await post(url, 'remove-file', { cid: 'b' });
    expect(fileInfo(chain, 'b')).toBeUndefined();
  });

  it('upgrades the runtime and switches the node', async () => {
    const { chain, server, url } = await world();
    await post(url, 'spec', { specVersion: 25 });
    await post(url, 'advance');
    expect(chain.specVersion).toBe(25);
    await post(url, 'node', { isSyncing: true, isFinalityPaused: true });
    expect(server.rpc.node.isSyncing).toBe(true);
    expect((await post(url, 'advance', { blocks: 5 })).body).toMatchObject({ headBlock: 6, finalizedBlock: 1 });
    await post(url, 'fault', { method: 'system_name', kind: 'drop' });
    expect([server.faults?.('system_name', []), server.faults?.('system_chain', [])]).toEqual(['drop', undefined]);
    await post(url, 'fault', {});
    expect(server.faults).toBeUndefined();
  });

  it('refuses what it does not understand', async () => {
    const { url } = await world();
    expect(await post(url, 'nonsense')).toMatchObject({ status: 404 });
    expect(await post(url, 'order', { cid: 'a' })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('sizeBytes') },
    });
    expect(await post(url, 'order', { cid: 'a', sizeBytes: 1, payer: 'nobody' })).toMatchObject({ status: 400 });
    expect((await fetch(`${url}/order`, { method: 'POST', body: '{' })).status).toBe(400);
  });

  it('says where the chain stands and what can be asked of it', async () => {
    const { chain, server, url } = await world();
    expect(await (await fetch(url)).json()).toMatchObject({
      headBlock: 0,
      genesisHash: chain.head.hash,
      specVersion: 22,
      url: server.url,
      actions: expect.arrayContaining(['order', 'advance', 'fault']),
    });
  });
});
