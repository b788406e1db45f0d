import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { projectFile } from '../../project-file.ts';

const run = promisify(execFile);
const buildScript = projectFile('scripts/build-kubo.mjs');

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

/**
 * The Kubo to use: `KUBO_BINARY`, else the one that `npm run kubo` built, else `ipfs` in PATH; undefined when there is none.
 * Throws when `KUBO_BINARY` names something that cannot be run.
 */
export async function findKubo(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const named = env['KUBO_BINARY'];
  if (named !== undefined && named !== '') {
    if (await isExecutable(named)) return named;
    throw new Error(`KUBO_BINARY names ${named}, which cannot be run`);
  }
  const { stdout } = await run(process.execPath, [buildScript, '--where'], { env });
  const inPath = (env['PATH'] ?? '').split(delimiter).filter((dir) => dir !== '');
  for (const candidate of [stdout.trim(), ...inPath.map((dir) => join(dir, 'ipfs'))]) {
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}
