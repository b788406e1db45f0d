import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findKubo } from '../../../devnet/ipfs/kubo/find-kubo.ts';
import { tempDir } from '../../support/temp-dir.ts';

async function executable(dir: string, name: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  const file = path.join(dir, name);
  await writeFile(file, '#!/bin/sh\n');
  await chmod(file, 0o755);
  return file;
}

describe('looking for Kubo', () => {
  it('takes the one named, then the one built, then the one in PATH', async () => {
    const dir = await tempDir();
    const env: NodeJS.ProcessEnv = { XDG_CACHE_HOME: path.join(dir, 'cache'), PATH: path.join(dir, 'bin') };
    expect(await findKubo(env)).toBeUndefined();
    const inPath = await executable(path.join(dir, 'bin'), 'ipfs');
    expect(await findKubo(env)).toBe(inPath);
    const built = await executable(path.join(dir, 'cache', 'smanager', 'kubo-v0.42.0'), 'ipfs');
    expect(await findKubo(env)).toBe(built);
    const named = await executable(dir, 'my-kubo');
    expect(await findKubo({ ...env, KUBO_BINARY: named })).toBe(named);
  });

  it('does not pass over a named one that cannot be run', async () => {
    await expect(findKubo({ KUBO_BINARY: '/nowhere/ipfs' })).rejects.toThrow('KUBO_BINARY names /nowhere/ipfs');
  });
});
