import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AccountId } from '../../../devnet/chain/accounts.ts';
import { toAddress } from '../../../devnet/chain/accounts.ts';
import type { JsonObject } from '../../../devnet/world/bot-config.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load-config.ts';

export const coordinatorToken = 'sim-token-of-the-coordinator';

/** Reads the configuration from a file, as the bot does. */
export async function simConfig(
  dir: string,
  account: AccountId,
  options: {
    readonly hasCoordinator: boolean;
    readonly hasTelemetry: boolean;
    readonly config: Readonly<Record<string, JsonObject>>;
  },
): Promise<Config> {
  const sections: Record<string, unknown> = {
    chain: { account: toAddress(account), endPoint: 'ws://127.0.0.1:19944' },
    sworker: { endPoint: 'http://127.0.0.1:12222' },
    ipfs: { endPoint: 'http://127.0.0.1:5001' },
    node: { role: 'member' },
    dataDir: path.join(dir, 'data'),
    scheduler: {
      minSrdRatio: 30,
      maxPendingTasks: 8,
      minReplicas: 0,
      strategy: { dbFilesWeight: 50, newFilesWeight: 50 },
    },
  };
  if (options.hasTelemetry) sections['telemetry'] = { endPoint: 'http://127.0.0.1:9999' };
  if (options.hasCoordinator) {
    sections['sealCoordinator'] = {
      endPoint: 'http://127.0.0.1:8888',
      nodeUUID: 'node-1',
      authToken: coordinatorToken,
    };
  }
  for (const [name, section] of Object.entries(options.config)) {
    const standing = sections[name];
    sections[name] = typeof standing === 'object' ? { ...standing, ...section } : section;
  }
  const file = path.join(dir, 'smanager-config.json');
  await writeFile(file, JSON.stringify(sections));
  const { config } = await loadConfig({ env: { SMANAGER_CONFIG: file }, workingDirectory: dir });
  return config;
}
