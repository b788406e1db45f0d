import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { writeConfig } from './cli-run.ts';

describe('the secrets of the configuration', () => {
  it.each([
    ['run'],
    ['status'],
    ['explain', 'Qm'],
    ['check'],
    ['reconcile'],
    ['cleanup'],
    ['cleanup', 'approve'],
    ['backup'],
    ['integrity'],
    ['restore', 'file'],
  ])('are made known by %s %s before anything can fail, so that last words leave them out', async (...words) => {
    const folder = await tempDir();
    const dataDir = `${folder}/is/no/folder\0`;
    const { env } = await writeConfig(folder, dataDir, {
      sealCoordinator: { endPoint: 'http://127.0.0.1:9', nodeUUID: 'me', authToken: 's3cret-token' },
    });
    const kept: string[] = [];
    await runCli(['node', 'smanager', ...words], {
      env,
      workingDirectory: folder,
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      isTerminal: false,
      missingEngineOptions: [],
      signal: AbortSignal.abort(),
      endSoon: () => undefined,
      keepSecret: (texts) => kept.push(...texts),
    }).catch(() => undefined);
    expect(kept).toContain('s3cret-token');
  });
});
