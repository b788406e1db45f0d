import { readdir } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ChainModel } from '../../../devnet/chain/model.ts';
import { ChainRpc } from '../../../devnet/chain/rpc.ts';
import { ChainServer } from '../../../devnet/chain/server.ts';
import { botTime } from '../../../src/app-clock.ts';
import type { Config } from '../../../src/config/config.ts';
import { devnetGenesisHash } from '../../../src/domain/devnet.ts';
import { failure } from '../../support/rejection.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { crustAddress, least, load } from '../config/load.ts';
import { cli, writeConfig } from './cli-run.ts';

const fast = { SMANAGER_DEVNET_CLOCK_FACTOR: '60', SMANAGER_DEVNET_CLOCK_OFFSET_MS: '-5' };
const devnetTime = { factor: 60, offsetMs: -5 };

async function serve(name?: string): Promise<string> {
  const chain = new ChainModel(name === undefined ? {} : { name });
  const server = await ChainServer.listen(new ChainRpc(chain));
  onTestFinished(async () => await server.close());
  return server.url;
}

async function configOf(...endPoints: readonly string[]): Promise<Config> {
  return (await load({ ...least, chain: { account: crustAddress, endPoint: endPoints } })).config;
}

const options = (config: Config) => {
  return { config, logger: new RecordingLogger(), signal: new AbortController().signal, devnetTime };
};

describe('a bot that is to go by the time of a devnet', () => {
  it('is refused on any other chain, before there is a data directory', async () => {
    const folder = await tempDir();
    const { env } = await writeConfig(folder, `${folder}/data`, {
      chain: { account: crustAddress, endPoint: await serve('mainnet') },
    });
    const { code, stdout } = await cli(['run'], { env: { ...env, ...fast } });
    expect(code).toBe(78);
    expect(stdout).toMatch(/CONFIG_INVALID/u);
    expect(stdout).toMatch(/SMANAGER_DEVNET_CLOCK_FACTOR and SMANAGER_DEVNET_CLOCK_OFFSET_MS are for the devnet only/u);
    expect(await readdir(folder)).toEqual(['smanager-config.json']);
  });

  it('is refused with values that mean nothing, before anything is asked', async () => {
    const folder = await tempDir();
    const { env } = await writeConfig(folder, `${folder}/data`);
    const { code, stderr } = await cli(['run'], { env: { ...env, ...fast, SMANAGER_DEVNET_CLOCK_FACTOR: '0' } });
    expect(code).toBe(78);
    expect(stderr).toContain('SMANAGER_DEVNET_CLOCK_FACTOR');
    expect(await readdir(folder)).toEqual(['smanager-config.json']);
  });

  it('may have it on the devnet, and on no end point but its', async () => {
    const parts = options(await configOf(await serve('mainnet'), await serve()));
    const { clock, answerClock, genesisHash } = await botTime(parts);
    expect(genesisHash).toBe(devnetGenesisHash);
    expect(parts.logger.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', context: { factor: 60, offsetMs: -5 } }),
    );
    expect(clock.monotonicMs()).toBeGreaterThan(answerClock.monotonicMs());
  });

  it('names the chain that it was refused on', async () => {
    const error = await failure(botTime(options(await configOf(await serve('mainnet')))));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(String(new ChainModel({ name: 'mainnet' }).history.at(0)?.hash));
  });
});

it('without these variables a bot asks no chain for its time', async () => {
  const config = await configOf('ws://127.0.0.1:9');
  const time = await botTime({ ...options(config), devnetTime: undefined });
  expect(time.genesisHash).toBeNull();
  expect(time.answerClock).toBe(time.clock);
  expect(Math.abs(time.clock.nowMs() - Date.now())).toBeLessThan(1000);
});
