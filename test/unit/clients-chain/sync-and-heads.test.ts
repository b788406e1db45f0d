import { describe, expect, it } from 'vitest';
import { SyncJudge } from '../../../src/clients/chain/blocks/sync-state.ts';
import { unreachable } from '../../../src/clients/chain/connection/transport.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';
import { ask, honest, StubChain, timestampState } from './stub-chain.ts';
import { failureOf } from './deferred.ts';

describe('whether a node keeps up with its chain', () => {
  const minute = 60_000;
  const judge = (): { clock: ManualClock; look: (ageMs: number, says?: boolean) => unknown } => {
    const clock = new ManualClock();
    const judge = new SyncJudge(clock, 10 * minute);
    return { clock, look: (ageMs, says = false) => judge.judge(says, 3, clock.nowMs() - ageMs).reason };
  };

  it('is no when it says so itself, however young its head', () => {
    expect(judge().look(0, true)).toBe('node-says-so');
  });

  it('is yes when its head is young or ahead of the clock', () => {
    const { look } = judge();
    expect(look(10 * minute)).toBeNull();
    expect(look(-3 * minute)).toBeNull();
  });

  it('is no when its head is old, at the first look and when it stands still', async () => {
    const { clock, look } = judge();
    expect(look(10 * minute + 1)).toBe('head-old');
    await clock.advance(minute);
    expect(look(11 * minute + 1)).toBe('head-old');
  });

  it('is no while it races to its head', async () => {
    const { clock, look } = judge();
    expect(look(100 * minute)).toBe('head-old');
    await clock.advance(minute);
    expect(look(60 * minute)).toBe('head-racing');
    await clock.advance(minute);
    expect(look(minute)).toBeNull();
  });

  it('is yes when an old head moves as time does: the clock is wrong, not the node', async () => {
    const { clock, look } = judge();
    expect(look(100 * minute)).toBe('head-old');
    await clock.advance(minute);
    expect(look(100 * minute)).toBeNull();
    await clock.advance(1000);
    expect(look(100 * minute)).toBeNull();
  });

  it('is asked of health and of the time of the best block', async () => {
    const chain = new StubChain();
    const { client, clock } = chain.client();
    chain.add(25, timestampState(clock.nowMs() - minute));
    expect(await client.blocks.syncState(ask())).toEqual({
      value: { syncing: false, reason: null, peers: 3, headTimestampMs: clock.nowMs() - minute, headAgeMs: minute },
      endPoint: 'ws://stub',
    });
    expect(client.endPoints.states()[0]?.syncing).toBe(false);
    chain.isSyncing = true;
    expect((await client.blocks.syncState(ask())).value.syncing).toBe(true);
    expect(client.endPoints.states()[0]?.syncing).toBe(true);
  });
});

it('A node that says it syncs and stands at the first block, which has no time, is syncing', async () => {
  const chain = new StubChain();
  const { client } = chain.client();
  await expect(client.blocks.syncState(ask())).rejects.toMatchObject({ code: 'CHAIN_BAD_ANSWER' });
  chain.isSyncing = true;
  expect((await client.blocks.syncState(ask())).value).toMatchObject({ syncing: true, reason: 'node-says-so' });
});

describe('finalized heads', () => {
  it('are the present one, then the newest whenever there is a newer one', async () => {
    const chain = new StubChain();
    chain.add(25);
    const { client } = chain.client();
    const heads = client.blocks.finalizedHeads(ask());
    expect(await heads.next()).toMatchObject({ value: { value: chain.at(1), endPoint: 'ws://stub' } });
    for (const number of [2, 3, 4]) {
      chain.add(25);
      chain.announce(number);
    }
    chain.announce(3);
    expect(await heads.next()).toMatchObject({ value: { value: chain.at(4) } });
    await heads.return();
    expect(chain.subscribed).toBe(false);
  });

  it('are asked for when none comes for a while', async () => {
    const chain = new StubChain();
    const { client, clock } = chain.client({ limits: { headSilenceMs: 30_000 } });
    const heads = client.blocks.finalizedHeads(ask());
    await heads.next();
    const next = heads.next();
    chain.add(25);
    await clock.advance(30_000);
    expect(await next).toMatchObject({ value: { value: chain.at(1) } });
    await heads.return();
    expect(clock.sleeping).toBe(0);
  });

  it('end with an error when the end point is lost, and go on with the other one', async () => {
    const [a, b] = [new StubChain('ws://a'), new StubChain('ws://b')];
    b.add(25);
    const { client } = a.client({ others: [b] });
    const heads = client.blocks.finalizedHeads(ask());
    expect(await heads.next()).toMatchObject({ value: { endPoint: 'ws://a' } });
    const next = heads.next();
    const outcome = failureOf(next);
    await settle();
    a.lose();
    expect(await outcome).toMatchObject({ code: 'CHAIN_UNREACHABLE' });
    a.fault = () => unreachable(a.name, 'refused');
    const again = client.blocks.finalizedHeads(ask());
    expect(await again.next()).toMatchObject({ value: { value: b.at(1), endPoint: 'ws://b' } });
    await again.return();
  });

  it('end with CHAIN_BAD_ANSWER when a head is not in the shape of one', async () => {
    const chain = new StubChain();
    const { client } = chain.client();
    const heads = client.blocks.finalizedHeads(ask());
    await heads.next();
    const outcome = failureOf(heads.next());
    await settle();
    chain.announce(Number.NaN);
    expect(await outcome).toMatchObject({ code: 'CHAIN_BAD_ANSWER', data: { field: 'number' } });
    expect(chain.subscribed).toBe(false);
  });

  it('end when the signal is aborted, leaving nothing behind', async () => {
    const chain = new StubChain();
    const { client, clock } = chain.client();
    const control = new AbortController();
    const heads = client.blocks.finalizedHeads({ signal: control.signal });
    await heads.next();
    const outcome = failureOf(heads.next());
    await settle();
    control.abort(new Error('stop'));
    expect(await outcome).toMatchObject({ message: 'stop' });
    await settle();
    expect([chain.subscribed, clock.sleeping]).toEqual([false, 0]);
  });
});

const isList = (params: readonly unknown[]): boolean => Array.isArray(params[0]);

describe('blocks by number', () => {
  it('come many at once, and a null among them is a broken answer', async () => {
    const chain = new StubChain();
    for (let block = 0; block < 5; block += 1) chain.add(25);
    const { client } = chain.client();
    const blocks = await client.blocks.blocksBetween(1, 4, ask());
    expect(blocks.value).toEqual([1, 2, 3, 4].map((number) => chain.at(number)));
    chain.fault = (_, params) => (isList(params) ? [chain.at(1).hash, null] : honest);
    await expect(client.blocks.blocksBetween(1, 2, ask())).rejects.toMatchObject({ code: 'CHAIN_BAD_ANSWER' });
    chain.fault = (_, params) => (isList(params) ? [chain.at(1).hash] : honest);
    await expect(client.blocks.blocksBetween(1, 2, ask())).rejects.toMatchObject({ code: 'CHAIN_BAD_ANSWER' });
    await expect(client.blocks.blocksBetween(1, 257, ask())).rejects.toThrow(RangeError);
  });

  it('tell their own time', async () => {
    const chain = new StubChain();
    const block = chain.add(25, timestampState(1_700_000_000_123));
    const { client } = chain.client();
    expect((await client.blocks.timestampMs(block, ask())).value).toBe(1_700_000_000_123);
    await expect(client.blocks.timestampMs(chain.at(0), ask())).rejects.toMatchObject({ code: 'CHAIN_BAD_ANSWER' });
  });
});
