import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { ChainModel } from '../../../devnet/chain/model.ts';
import { ChainRpc } from '../../../devnet/chain/rpc.ts';
import { ChainServer } from '../../../devnet/chain/server.ts';

type Message = { id?: number; result?: unknown; error?: { code: number }; method?: string };

let server: ChainServer | undefined;
const sockets: WebSocket[] = [];

async function serve(): Promise<ChainServer> {
  server = await ChainServer.listen(new ChainRpc(new ChainModel()));
  return server;
}

async function connect({ url }: ChainServer): Promise<WebSocket> {
  const socket = new WebSocket(url);
  sockets.push(socket);
  await once(socket, 'open');
  return socket;
}

async function next(socket: WebSocket): Promise<string> {
  const [data] = (await once(socket, 'message')) as [Buffer];
  return data.toString('utf8');
}

async function ask(socket: WebSocket, method: string, id = 1): Promise<Message> {
  const answer = next(socket);
  socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params: [] }));
  return JSON.parse(await answer) as Message;
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await server?.close();
  server = undefined;
});

describe('the WebSocket end point', () => {
  it('answers single requests and lists of them', async () => {
    const socket = await connect(await serve());
    expect(await ask(socket, 'system_chain', 7)).toEqual({ jsonrpc: '2.0', id: 7, result: 'Crust' });
    const answer = next(socket);
    socket.send(JSON.stringify([1, 2].map((id) => ({ jsonrpc: '2.0', id, method: 'nothing' }))));
    expect(JSON.parse(await answer)).toMatchObject([
      { id: 1, error: { code: -32601 } },
      { id: 2, error: { code: -32601 } },
    ]);
  });

  it('answers what is no request with a parse error', async () => {
    const socket = await connect(await serve());
    const answer = next(socket);
    socket.send('{"half":');
    expect(JSON.parse(await answer)).toMatchObject({ id: null, error: { code: -32700 } });
  });

  it('fails calls as planned', async () => {
    const { chain } = (await serve()).rpc;
    if (server === undefined) throw new Error('no server');
    const socket = await connect(server);
    server.faults = (method) => (method === 'system_name' ? 'error' : 'null');
    expect(await ask(socket, 'system_name')).toMatchObject({ error: { code: -32000 } });
    expect(await ask(socket, 'chain_getHeader')).toMatchObject({ result: null });
    server.faults = (method) => (method === 'system_name' ? 'drop' : undefined);
    socket.send(JSON.stringify({ id: 3, method: 'system_name' }));
    expect(await ask(socket, 'chain_getFinalizedHead', 4)).toMatchObject({ id: 4, result: chain.head.hash });
  });

  it('holds answers back until they are released', async () => {
    const { rpc } = await serve();
    if (server === undefined) throw new Error('no server');
    const socket = await connect(server);
    server.faults = (method) => (method === 'system_name' ? 'delay-until-released' : undefined);
    socket.send(JSON.stringify({ id: 3, method: 'system_name' }));
    expect(await ask(socket, 'system_chain', 4)).toMatchObject({ id: 4 });
    const late = next(socket);
    server.release();
    expect(JSON.parse(await late)).toMatchObject({ id: 3, result: 'Crust Node' });
    expect(rpc.node.isSyncing).toBe(false);
  });

  it.each(['cut', 'half'] as const)('ends the connection for the fault %s', async (fault) => {
    const running = await serve();
    const socket = await connect(running);
    running.faults = () => fault;
    const frames: string[] = [];
    socket.on('message', (data: Buffer) => frames.push(data.toString('utf8')));
    socket.send(JSON.stringify({ id: 3, method: 'system_name' }));
    await once(socket, 'close');
    expect(frames).toHaveLength(fault === 'half' ? 1 : 0);
    for (const frame of frames) expect(() => JSON.parse(frame) as unknown).toThrow(SyntaxError);
    running.faults = undefined;
    expect(await ask(await connect(running), 'system_name')).toMatchObject({ result: 'Crust Node' });
  });

  it('cuts all connections at once, ends their subscriptions and takes new ones', async () => {
    const running = await serve();
    const socket = await connect(running);
    await ask(socket, 'chain_subscribeNewHeads');
    running.closeAll();
    await once(socket, 'close');
    running.rpc.chain.produceBlock();
    expect(await ask(await connect(running), 'system_chain')).toMatchObject({ result: 'Crust' });
  });

  it('sends no notification while it is muted', async () => {
    const running = await serve();
    const socket = await connect(running);
    const messages: Message[] = [];
    socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString('utf8')) as Message));
    running.isMuted = true;
    await ask(socket, 'chain_subscribeNewHeads');
    running.rpc.chain.advance(3);
    running.isMuted = false;
    running.rpc.chain.produceBlock();
    await ask(socket, 'system_chain');
    expect(messages.filter(({ method }) => method === 'chain_newHead')).toHaveLength(1);
  });
});
