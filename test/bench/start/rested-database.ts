import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadConfig } from '../../../src/config/load-config.ts';
import { Database } from '../../../src/store/database.ts';
import { DecisionBases } from '../../../src/store/decision-bases.ts';
import { Facts } from '../../../src/store/facts.ts';
import type { WorldAround } from './world-around.ts';

/**
 * Brings a made database to where a bot of this world left it a moment ago: facts that are fresh, verdicts that rest on the present basis, no walk
 * due. Returns the configuration's path.
 */
export async function restDatabase(dataDir: string, around: WorldAround): Promise<string> {
  const configPath = path.join(dataDir, 'smanager-config.json');
  await writeFile(configPath, JSON.stringify(around.config));
  const { config } = await loadConfig({ env: { SMANAGER_CONFIG: configPath }, workingDirectory: dataDir });
  const { account, members, groupOwner, headBlock, activeNodes } = around;
  const ownIndex = members.indexOf(account);
  const { minFileSizeBytes, maxFileSizeBytes, minReplicas, maxReplicas, strategy } = config.scheduler;
  const basis = {
    accountHex: config.chain.account.publicKeyHex,
    groupOwner,
    members: members.length,
    ownIndex,
    nodeCount: activeNodes,
    limits: { minFileSizeBytes, maxFileSizeBytes, minReplicas, maxReplicas },
    weights: strategy,
    denyList: null,
    allowList: null,
  };
  const nowMs = Date.now();
  const at = { atBlock: headBlock, atMs: nowMs };
  const database = await Database.open(dataDir);
  try {
    const facts = new Facts(database);
    await database.write('event', async (tx) => {
      const basisId = await new DecisionBases(database).idOf(tx, basis, nowMs);
      const revision = { basisId, done: true, fromRule: null, draws: [], afterId: 0, throughId: 0 };
      await facts.set(tx, 'revision', revision);
      await facts.set(tx, 'identity', { genesisHash: around.genesisHash, account });
      await facts.set(tx, 'group', { ...at, owner: groupOwner, members, ownIndex, trouble: null });
      await facts.set(tx, 'active-nodes', { ...at, count: activeNodes });
      await facts.set(tx, 'node-count-in-use', { count: activeNodes, sinceBlock: headBlock });
      await facts.set(tx, 'event-cursor', { block: headBlock });
      await facts.set(tx, 'chain-time', { ...at, blockTimestampMs: nowMs, specVersion: 25 });
      await tx('walk').update({ group_owner: groupOwner });
    });
    await database.checkpoint();
  } finally {
    await database.close();
  }
  return configPath;
}
