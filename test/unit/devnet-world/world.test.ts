import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toAddress } from '../../../devnet/chain/accounts.ts';
import { fileInfo } from '../../../devnet/chain/model-files.ts';
import { itemKey } from '../../../devnet/chain/storage-keys.ts';
import { startWorld, type World } from '../../../devnet/world/world.ts';
import { loadConfig } from '../../../src/config/load-config.ts';

const slotBlocks = 60;

async function post(url: string): Promise<number> {
  const answer = await request(url, { method: 'POST' });
  await answer.body.dump();
  return answer.statusCode;
}

async function canConnect(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') return false;
    throw error;
  } finally {
    socket.destroy();
  }
}

describe('a world', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld({
      blocks: { kind: 'manual', intervalMs: 6000 },
      rules: { reportSlotBlocks: slotBlocks, spowerDelayBlocks: 10 },
      activeNodes: 20,
      goneNodes: 2,
    });
  });
  afterAll(() => world.stop());

  it("writes a configuration that the bot takes without a warning, with the example's strategy", async () => {
    const path = await world.writeConfig(join(world.dir, 'bot'), { maxPendingTasks: 4 });
    const { config, warnings } = await loadConfig({ env: { SMANAGER_CONFIG: path }, workingDirectory: world.dir });
    expect(warnings).toEqual([]);
    expect(config.chain.account.address).toBe(toAddress(world.network.account));
    expect(config.scheduler).toMatchObject({
      maxPendingTasks: 4,
      minSrdRatioPercent: 30,
      strategy: { dbFilesWeight: 10, newFilesWeight: 90 },
    });
    expect(config.telemetry).toBeUndefined();
  });

  it('shows a head of the present, so that no bot takes the node for one that is behind', () => {
    const bytes = world.chain.storage.get(itemKey('Timestamp', 'Now')) ?? new Uint8Array();
    const headMs = Number(Buffer.from(bytes).readBigUInt64LE());
    expect(Math.abs(Date.now() - headMs)).toBeLessThan(10 * 60_000);
  });

  it('puts the bot into a group whose members stand in the order of their addresses', () => {
    const { members, account } = world.network;
    expect(members).toContain(account);
    expect(members.map(toAddress)).toEqual(members.map(toAddress).sort());
  });

  it('carries a file from an order to a replica on chain, and its deletion back', async () => {
    const file = await world.customers.addSeededFile('world', 600_000);
    world.order(file);
    world.chain.advance(1);
    expect(await post(`${world.ipfs.apiUrl}/pin/add?arg=${file.cid}`)).toBe(200);
    world.chain.advance(slotBlocks + 20);
    const { account, groupOwner } = world.network;
    expect(fileInfo(world.chain, file.cid)?.replicas).toMatchObject([{ owner: groupOwner, who: account }]);

    const body = JSON.stringify({ cid: file.cid });
    const deleted = await request(`${world.sworkerServer.apiUrl}/storage/delete`, { method: 'POST', body });
    await deleted.body.dump();
    expect(deleted.statusCode).toBe(200);
    expect(world.sworker.unpinFailures).toEqual([]);
    expect(await post(`${world.ipfs.apiUrl}/pin/ls?type=recursive&arg=${file.cid}`)).toBe(500);
    world.chain.advance(slotBlocks + 20);
    expect(fileInfo(world.chain, file.cid)?.replicas).toEqual([]);
  });

  it('leaves nothing behind', async () => {
    const other = await startWorld({ blocks: { kind: 'manual', intervalMs: 6000 }, activeNodes: 3, goneNodes: 0 });
    const ends = [
      other.chainServer.url,
      other.control.url,
      other.sworkerServer.apiUrl,
      other.ipfs.apiUrl,
      other.customers.apiUrl,
    ];
    expect(await Promise.all(ends.map(canConnect))).toEqual(ends.map(() => true));
    await other.stop();
    await other.stop();
    expect(await Promise.all(ends.map(canConnect))).toEqual(ends.map(() => false));
    expect(existsSync(other.dir)).toBe(false);
  });
});
