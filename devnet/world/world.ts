import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReleaseStack } from '../../src/runtime/release-stack.ts';
import { namedAccount, toAddress } from '../chain/accounts.ts';
import type { AccountId } from '../chain/accounts.ts';
import { BlockClock } from '../chain/block-clock.ts';
import { ControlServer } from '../chain/control-server.ts';
import { ChainModel } from '../chain/model.ts';
import { ChainRpc } from '../chain/rpc.ts';
import { placeStorageOrder } from '../chain/runtime/call.ts';
import { ChainServer } from '../chain/server.ts';
import { BotNode } from '../ipfs/bot-node.ts';
import { type Customers, startCustomers } from '../ipfs/customers.ts';
import { SworkerModel } from '../sworker/model.ts';
import { startSworkerServer, type SworkerServer } from '../sworker/server.ts';
import { exampleConfig, type JsonObject } from './bot-config.ts';
import { type Network, putNetwork } from './network.ts';
import { reportEverySlot, reportToChain } from './work-reports.ts';
import { WorldClock } from './world-clock.ts';
import { WORLD_DEFAULTS, type WorldOptions } from './world-options.ts';

/** `/storage/delete` gives the daemon this long for its `pin/rm`. */
const UNPIN_TIMEOUT_MS = 60_000;

/** Everything around one bot, running: chain, sWorker, its IPFS daemon, and customers whose files it can fetch. */
export interface World {
  readonly clock: WorldClock;
  readonly chain: ChainModel;
  readonly chainServer: ChainServer;
  readonly control: ControlServer;
  readonly network: Network;
  readonly sworker: SworkerModel;
  readonly sworkerServer: SworkerServer;
  readonly ipfs: BotNode;
  readonly customers: Customers;
  /** A folder of this world alone, gone after `stop`. */
  readonly dir: string;
  /** Makes no more blocks until told otherwise; nothing happens in a world whose blocks are made by hand. */
  pauseBlocks(): void;
  resumeBlocks(): void;
  /** Puts an order into the next block; without `payer` a customer's. */
  order(order: { cid: string; sizeBytes: number; tipsPico?: bigint; memo?: string; payer?: AccountId }): void;
  /** Content of a smanager-config.json: the example's strategy, this world's end points, and what is given. */
  botConfig(dataDir: string, scheduler?: JsonObject, others?: JsonObject): JsonObject;
  /** Writes it into a folder, made if need be, with the bot's data beside it. Returns the file's path. */
  writeConfig(dir: string, scheduler?: JsonObject, others?: JsonObject): Promise<string>;
  /** Ends everything and removes the folder. Once is enough; later calls wait for the first. */
  stop(): Promise<void>;
}

/** Starts a world; what was started already is ended again when a part of it fails. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const releases = new ReleaseStack();
  try {
    return await open({ ...WORLD_DEFAULTS, ...options }, releases);
  } catch (error) {
    await releases.releaseAll();
    throw error;
  }
}

type FullOptions = WorldOptions & Required<Pick<WorldOptions, keyof typeof WORLD_DEFAULTS>>;

async function open(options: FullOptions, releases: ReleaseStack): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), 'smanager-world-'));
  releases.add(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }));

  const clock = new WorldClock(options.clock);
  const { chain, blockClock } = makeChain(options, clock);
  const network = putNetwork(chain, options);
  chain.advance(1);

  const sworker: SworkerModel = new SworkerModel({
    clock,
    blockNumber: () => chain.head.number,
    report: reportToChain(chain, network.account, () => sworker.files),
    unpin: (cid) => ipfs.unpin(cid, AbortSignal.timeout(UNPIN_TIMEOUT_MS)),
    disks: options.disks,
    sysDiskAvailableGib: options.sysDiskAvailableGib,
    limits: options.sealLimits,
    account: toAddress(network.account),
  });
  releases.add(reportEverySlot(chain, sworker));

  const chainServer = await ChainServer.listen(new ChainRpc(chain));
  releases.add(() => chainServer.close());
  const control = await ControlServer.listen({ chain, server: chainServer });
  releases.add(() => control.close());
  const sworkerServer = await startSworkerServer(sworker);
  releases.add(() => sworkerServer.close());

  const customers = await startCustomers({ kubo: options.kubo, dir: join(dir, 'customers') });
  releases.add(() => customers.stop());
  const ipfs = new BotNode({
    kubo: options.kubo,
    dir: join(dir, 'ipfs'),
    sworkerUrl: sworkerServer.apiUrl,
    customers: customers.address,
    storageMaxBytes: options.storageMaxBytes,
  });
  releases.add(() => ipfs.stop());
  await ipfs.start();

  blockClock?.start();
  releases.add(() => blockClock?.stop());
  let stopped: Promise<void> | undefined;
  const botConfig = (dataDir: string, scheduler?: JsonObject, others?: JsonObject) =>
    exampleConfig(
      {
        account: network.account,
        chainUrl: chainServer.url,
        sworkerOrigin: new URL(sworkerServer.apiUrl).origin,
        ipfsOrigin: new URL(ipfs.apiUrl).origin,
        dataDir,
      },
      scheduler,
      others,
    );
  return {
    clock,
    chain,
    chainServer,
    control,
    network,
    sworker,
    sworkerServer,
    ipfs,
    customers,
    dir,
    botConfig,
    pauseBlocks: () => blockClock?.stop(),
    resumeBlocks: () => blockClock?.start(),
    order: ({ payer, ...order }) => chain.submit(payer ?? namedAccount('customer'), placeStorageOrder(order)),
    async writeConfig(folder, scheduler, others) {
      await mkdir(folder, { recursive: true });
      const path = join(folder, 'smanager-config.json');
      const content = botConfig(join(folder, 'data'), scheduler, others);
      await writeFile(path, `${JSON.stringify(content, undefined, 2)}\n`);
      return path;
    },
    stop: () => (stopped ??= releases.releaseAll()),
  };
}

/** The head's timestamp is the present: a bot takes an older one for a node that is still syncing. */
function makeChain({ blocks, firstBlock, specVersion, rules, keepBlocks }: FullOptions, time: WorldClock) {
  const { kind, intervalMs } = blocks;
  const genesisMs = time.nowMs() - firstBlock * intervalMs;
  // By its usual name: that is what a bot knows a devnet by.
  const chain = new ChainModel({ firstBlock, specVersion, genesisMs, blockTimeMs: intervalMs, keepBlocks, rules });
  return { chain, blockClock: kind === 'real' ? new BlockClock(chain, { intervalMs, genesisMs, time }) : undefined };
}
