import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { EndPoint, printableUrl } from '../../../src/config/end-point.ts';
import { Secret } from '../../../src/config/secret.ts';
import { secretsOf } from '../../../src/config/secrets-of.ts';
import { least, load, refused } from './load.ts';

const secret = 's3cret';

/** Everything that printing a value in a usual way shows. */
function printed(value: unknown): string {
  return [inspect(value, { depth: 10, showHidden: true }), JSON.stringify(value), String(value)].join('\n');
}

describe('secrets', () => {
  it('are not shown by printing a configuration, and are there for those who need them', async () => {
    const { config, warnings } = await load({
      ...least,
      chain: { ...least.chain, endPoint: [`wss://me:${secret}@chain`, `wss://chain/?key=${secret}`] },
      ipfs: { endPoint: `http://me:${secret}@127.0.0.1:5001/` },
      telemetry: { endPoint: `https://${secret}@collector` },
      sealCoordinator: { endPoint: 'http://h', nodeUUID: 'n', authToken: secret, authtoken: secret },
    });
    expect(printed(config)).not.toContain(secret);
    expect(printed(warnings)).not.toContain(secret);
    expect(config.sealCoordinator?.authToken.reveal()).toBe(secret);
    expect(config.ipfs.endPoint.reveal()).toBe(`http://me:${secret}@127.0.0.1:5001`);
    expect(config.chain.endPoints.map((endPoint) => endPoint.printable)).toEqual(['wss://chain', 'wss://chain']);
  });

  it.each<[string, unknown]>([
    ['sealCoordinator', { endPoint: 'http://h', nodeUUID: 'n', authToken: `${secret} with space` }],
    ['sealCoordinator', { endPoint: 'http://h', nodeUUID: 'n', authToken: [secret] }],
    ['sealCoordinator', secret],
    ['ipfs', { endPoint: `http//me:${secret}@127.0.0.1` }],
    ['ipfs', { endPoint: `me:${secret}@127.0.0.1:5001` }],
    ['ipfs', { endPoint: `ftp://me:${secret}@127.0.0.1:5001` }],
    ['ipfs', { endPoint: `http://h/?token=${secret}` }],
    ['chain', { ...least.chain, endPoint: { url: `ws://me:${secret}@h` } }],
  ])('are not shown by the refusal of %s', async (section, value) => {
    expect(printed(await refused({ ...least, [section]: value }))).not.toContain(secret);
  });

  it('are all known to the log, a key in a query and a token in the place of a user among them', async () => {
    const { config } = await load({
      ...least,
      chain: { ...least.chain, endPoint: ['wss://chain/?key=k%20y', 'wss://me:pass@chain'] },
      telemetry: { endPoint: 'https://alone@collector' },
      sealCoordinator: { endPoint: 'http://h', nodeUUID: 'n', authToken: 't0ken' },
    });
    expect(secretsOf(config)).toEqual(expect.arrayContaining(['k y', 'k%20y', 'pass', 'me:pass', 'alone', 't0ken']));
    expect(secretsOf((await load(least)).config)).toEqual([]);
  });

  it('stay hidden in addresses that are not well formed', () => {
    expect(printableUrl(`http://me:${secret}@host:5001/`)).toBe('http://host:5001');
    expect(printableUrl(`me:${secret}@host`)).toBe('***@host');
    expect(printableUrl(`http://me:${secret}@ho st/?x=${secret}`)).toBe('http://***@ho st/?***');
    expect(printableUrl('nothing to hide')).toBe('nothing to hide');
  });

  it('cannot be changed once read', async () => {
    const { config } = await load(least);
    expect(() => Object.assign(config.scheduler.strategy, { dbFilesWeight: 1 })).toThrow(TypeError);
    expect(() => Object.assign(config.scheduler.deny.cids, ['x'])).toThrow(TypeError);
    expect(() => Object.assign(new Secret('x'), { extra: 1 })).toThrow(TypeError);
    expect(Object.isFrozen(EndPoint.parse('http://h', ['http:']))).toBe(true);
  });
});
