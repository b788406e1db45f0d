import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ConfigError, ConfigIssue } from '../../../src/config/issues.ts';
import { type LoadedConfig, loadConfig } from '../../../src/config/load-config.ts';
import { SmError } from '../../../src/domain/errors.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** One account in Crust's prefix and in another. */
export const crustAddress = 'cTGVrGb7X9vNp3fbvQskVRQHoxiLPKPFADSPbh6APiJLf3VgH';
export const substrateAddress = '5CDvHBym6RLoxTdX9MS1acpaDbNxaFagqM5LpBiFGjWT6o1n';
export const publicKeyHex = '07'.repeat(32);

/** The least that a file has to say. */
export const least = {
  chain: { account: crustAddress, endPoint: 'ws://127.0.0.1:19944' },
  sworker: { endPoint: 'http://127.0.0.1:12222' },
  ipfs: { endPoint: 'http://127.0.0.1:5001' },
};

/** Loads a file of this content (text, or a value written as JSON) under this environment. */
export async function load(content: unknown, env: Readonly<Record<string, string>> = {}): Promise<LoadedConfig> {
  const folder = await tempDir();
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  await writeFile(path.join(folder, 'smanager-config.json'), text);
  return loadConfig({ env, workingDirectory: folder });
}

export async function refused(content: unknown, env: Readonly<Record<string, string>> = {}): Promise<ConfigError> {
  const error: unknown = await load(content, env).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SmError) || !('issues' in error)) throw new Error(`not refused but ${String(error)}`);
  return error as ConfigError;
}

export function messageAt(issues: readonly ConfigIssue[], path: string): string | undefined {
  return issues.find((issue) => issue.path === path)?.message;
}
