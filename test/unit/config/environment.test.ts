import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { knownKeys } from '../../../src/config/keys/known-keys.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { crustAddress, least, load, messageAt, refused } from './load.ts';

describe('names of environment variables', () => {
  it('are the key’s path split at capitals, an acronym being one word', () => {
    const names = knownKeys().keys.map(({ path: key, variable }) => [key, variable]);
    expect(names).toEqual(
      expect.arrayContaining([
        ['dataDir', 'SMANAGER_DATA_DIR'],
        ['chain.endPoint', 'SMANAGER_CHAIN_END_POINT'],
        ['scheduler.strategy', 'SMANAGER_SCHEDULER_STRATEGY'],
        ['scheduler.strategy.newFilesWeight', 'SMANAGER_SCHEDULER_STRATEGY_NEW_FILES_WEIGHT'],
        ['sealCoordinator.nodeUUID', 'SMANAGER_SEAL_COORDINATOR_NODE_UUID'],
        ['telemetry.endPoint', 'SMANAGER_TELEMETRY_END_POINT'],
        ['scheduler.minSrdRatio', 'SMANAGER_SCHEDULER_MIN_SRD_RATIO'],
        ['cleanup.endOrphanSeals', 'SMANAGER_CLEANUP_END_ORPHAN_SEALS'],
      ]),
    );
    expect(new Set(names.map(([, variable]) => variable)).size).toBe(names.length);
  });
});

describe('the environment', () => {
  it('goes before the file, and the file before the default', async () => {
    const env = { SMANAGER_SCHEDULER_MIN_SRD_RATIO: '10', SMANAGER_CLEANUP_END_ORPHAN_SEALS: 'true' };
    const { config } = await load({ ...least, scheduler: { minSrdRatio: 20, maxPendingTasks: 5 } }, env);
    expect(config.scheduler).toMatchObject({ minSrdRatioPercent: 10, maxPendingTasks: 5, maxReplicas: 100 });
    expect(config.cleanup.endOrphanSeals).toBe(true);
  });

  it('can give everything, without a file', async () => {
    const workingDirectory = await tempDir();
    const env = {
      SMANAGER_CHAIN_ACCOUNT: crustAddress,
      SMANAGER_CHAIN_END_POINT: 'ws://one, ws://two',
      SMANAGER_SWORKER_END_POINT: 'http://127.0.0.1:12222',
      SMANAGER_IPFS_END_POINT: 'http://127.0.0.1:5001',
      SMANAGER_SCHEDULER_DENY_CIDS: 'QmA, QmB,,',
    };
    const { config, filePath, warnings } = await loadConfig({ env, workingDirectory });
    expect(filePath).toBeUndefined();
    expect(warnings).toEqual([]);
    expect(config.chain.endPoints.map(String)).toEqual(['ws://one', 'ws://two']);
    expect(config.scheduler.deny.cids).toEqual(['QmA', 'QmB']);
  });

  it('replaces a named strategy by weights, and refuses both at once', async () => {
    const name = 'SMANAGER_SCHEDULER_STRATEGY';
    const weights = { [`${name}_DB_FILES_WEIGHT`]: '1', [`${name}_NEW_FILES_WEIGHT`]: '1' };
    const { config } = await load({ ...least, scheduler: { strategy: 'srdFirst' } }, weights);
    expect(config.scheduler.strategy).toEqual({ dbFilesWeight: 50, newFilesWeight: 50 });
    const error = await refused(least, { ...weights, [name]: 'default' });
    expect(messageAt(error.issues, name)).toContain('one of the two');
  });

  it('reads a value from a file, and says which file it cannot read', async () => {
    const folder = await tempDir();
    const file = path.join(folder, 'token');
    await writeFile(file, 't0ken\n');
    const sealCoordinator = { endPoint: 'http://h', nodeUUID: 'n' };
    const { config } = await load({ ...least, sealCoordinator }, { SMANAGER_SEAL_COORDINATOR_AUTH_TOKEN_FILE: file });
    expect(config.sealCoordinator?.authToken.reveal()).toBe('t0ken');
    const error = await refused(least, { SMANAGER_DATA_DIR_FILE: path.join(folder, 'none') });
    expect(messageAt(error.issues, 'SMANAGER_DATA_DIR_FILE')).toContain('ENOENT');
    const both = await refused(least, { SMANAGER_DATA_DIR_FILE: file, SMANAGER_DATA_DIR: 'x' });
    expect(messageAt(both.issues, 'SMANAGER_DATA_DIR')).toContain('SMANAGER_DATA_DIR_FILE');
  });

  it('says which variable a wrong value came from', async () => {
    const error = await refused(least, { SMANAGER_GC_THRESHOLD_PERCENT: 'most' });
    expect(messageAt(error.issues, 'gc.thresholdPercent')).toContain('found "most" in SMANAGER_GC_THRESHOLD_PERCENT');
  });

  it('has a warning for a variable that is not known, none for reserved and empty ones', async () => {
    const env = { SMANAGER_DATADIR: 'x', SMANAGER_ALLOW_ROOT: '1', SMANAGER_TELEMETRY_END_POINT: '', OTHER: 'x' };
    Object.assign(env, { SMANAGER_DEVNET_CLOCK_FACTOR: '60', SMANAGER_DEVNET_CLOCK_OFFSET_MS: '0' });
    const { config, warnings } = await load(least, env);
    expect(config.telemetry).toBeUndefined();
    expect(warnings).toEqual([
      {
        path: 'SMANAGER_DATADIR',
        message: expect.stringContaining('SMANAGER_DATA_DIR may be meant'),
        errorInCheck: true,
      },
    ]);
  });
});
