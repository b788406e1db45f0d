import { describe, expect, it } from 'vitest';
import { ChainConnection } from '../../../src/clients/chain/connection/chain-connection.ts';
import { GenesisRule } from '../../../src/clients/chain/connection/genesis-rule.ts';
import { defaultChainLimits } from '../../../src/clients/chain/connection/limits.ts';
import { rpcFailure, unreachable } from '../../../src/clients/chain/connection/transport.ts';
import type { RpcOutcome } from '../../../src/clients/chain/connection/transport.ts';
import type { CallAt } from '../../../src/clients/chain/flow/batches.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ask, honest, quietLogger, StubChain } from './stub-chain.ts';

const KEY = '0x0a';

/** A chain of `blocks` blocks with one value each, and a connection that may put `callsPerBatch` calls into one message. */
function world(blocks: number, callsPerBatch = 4): { chain: StubChain; connection: ChainConnection; calls: CallAt[] } {
  const chain = new StubChain();
  for (let number = 1; number <= blocks; number += 1) chain.add(25, { [KEY]: `0x${number.toString(16)}` });
  const connection = new ChainConnection({
    endPoint: chain.endPoint,
    genesis: new GenesisRule(null),
    limits: { ...defaultChainLimits, callsPerBatch },
    clock: new ManualClock(),
    logger: quietLogger,
  });
  const calls = Array.from({ length: blocks }, (_, index) => {
    const at = chain.at(index + 1);
    return { method: 'state_getStorage', params: [KEY, at.hash], at };
  });
  return { chain, connection, calls };
}

const results = (outcomes: readonly RpcOutcome[]): unknown[] =>
  outcomes.map((outcome) => ('result' in outcome ? outcome.result : outcome.error.code));
const values = (blocks: number): string[] =>
  Array.from({ length: blocks }, (_, index) => `0x${(index + 1).toString(16)}`);

describe('a batch of calls', () => {
  it('goes in as few messages as may be, and has one outcome a call in their order', async () => {
    const { chain, connection, calls } = world(10);
    expect(results(await connection.requestBatchAt(calls, ask()))).toEqual(values(10));
    expect(chain.batches).toEqual([4, 4, 2]);
    expect(await connection.requestBatchAt([], ask())).toEqual([]);
  });

  it('tells each call’s own error with its meaning, the others being answered', async () => {
    const { chain, connection, calls } = world(4);
    chain.prunedBelow = 2;
    chain.finalizedNumber = 3;
    chain.fault = (method, [, hash]) =>
      method === 'state_getStorage' && hash === chain.at(3).hash
        ? rpcFailure(chain.name, method, { code: -32000, message: 'busy' })
        : honest;
    const future = { ...chain.at(9), number: 9 };
    const asked = [...calls.slice(0, 3), { method: 'state_getStorage', params: [KEY, future.hash], at: future }];
    const outcomes = await connection.requestBatchAt(asked, ask());
    expect(results(outcomes)).toEqual(['CHAIN_STATE_PRUNED', '0x2', 'CHAIN_RPC_ERROR', 'CHAIN_SYNCING']);
    expect(outcomes[0]).toMatchObject({ error: { data: { endPoint: chain.name, block: 1 } } });
  });

  it.each([
    [-32005, 'Batched requests are not supported by this server'],
    [-32600, 'Invalid request'],
    [-32000, 'no batch requests here'],
  ])('is asked one by one of a node that refuses batches (%i), which is remembered', async (code, message) => {
    const { chain, connection, calls } = world(6);
    chain.fault = (method) => (method === 'batch' ? rpcFailure(chain.name, method, { code, message }) : honest);
    expect(results(await connection.requestBatchAt(calls, ask()))).toEqual(values(6));
    expect(chain.batches.length).toBeLessThanOrEqual(2);
    chain.batches.length = 0;
    chain.fault = () => honest;
    expect(results(await connection.requestBatchAt(calls, ask()))).toEqual(values(6));
    expect(chain.batches).toEqual([]);
  });

  it.each([
    [
      'a node that has a bound',
      1,
      rpcFailure('x', 'batch', { code: -32010, message: 'The batch request was too large' }),
    ],
    ['the answer', 1, rpcFailure('x', 'batch', { code: -32011, message: 'The batch response was too large' })],
    ['the socket', 1, unreachable('x', 'dropped')],
    ['our own bound', 2, unreachable('x', 'too-large')],
    ['a proxy', 1, rpcFailure('x', 'batch', { code: -32700, message: 'Parse error' })],
  ])('that is too large for %s is halved, which is remembered, and grows again', async (_, times, failure) => {
    const { chain, connection, calls } = world(16, 16);
    chain.fault = (method, all) => (method === 'batch' && all.length > 3 ? failure : honest);
    expect(results(await connection.requestBatchAt(calls, ask()))).toEqual(values(16));
    const sizes = [16, 8, 4, 2, 2, 4, 2, 2, 8, 4, 2, 2, 4, 2, 2];
    // Whose answer exceeded our own bound is found by asking again, alone.
    expect(chain.batches).toEqual(sizes.flatMap((size) => (size > 3 ? Array<number>(times).fill(size) : size)));
    chain.batches.length = 0;
    await connection.requestBatchAt(calls, ask());
    expect(new Set(chain.batches)).toEqual(new Set([2]));
    chain.fault = () => honest;
    for (let turn = 0; turn < 60; turn += 1) await connection.requestBatchAt(calls, ask());
    expect(Math.max(...chain.batches)).toBeGreaterThan(4);
  });

  it('comes down to single questions, whose failure is told as theirs', async () => {
    const { chain, connection, calls } = world(4);
    chain.fault = (method) => (method === 'batch' ? unreachable(chain.name, 'dropped') : honest);
    expect(results(await connection.requestBatchAt(calls, ask()))).toEqual(values(4));
    chain.fault = (method) => (method === 'batch' ? honest : unreachable(chain.name, 'refused'));
    await expect(connection.requestBatchAt(calls, ask())).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' });
  });

  it('is not asked again of a node that is away', async () => {
    const { chain, connection, calls } = world(8, 8);
    await connection.finalizedHead(ask());
    chain.fault = () => unreachable(chain.name, 'refused');
    await expect(connection.requestBatchAt(calls, ask())).rejects.toMatchObject({ data: { reason: 'refused' } });
    expect(chain.batches).toEqual([8]);
  });

  it('ends when it is aborted', async () => {
    const { chain, connection, calls } = world(8);
    await connection.finalizedHead(ask());
    const control = new AbortController();
    chain.fault = () => {
      control.abort(new Error('enough'));
      return honest;
    };
    await expect(connection.requestBatchAt(calls, { signal: control.signal })).rejects.toThrow('enough');
  });
});
