import { writeFile } from 'node:fs/promises';
import { toAddress } from '../../../devnet/chain/accounts.ts';
import type { JsonObject } from '../../../devnet/world/bot-config.ts';
import type { WorldOptions } from '../../../devnet/world/world-options.ts';
import { startWorld, type World } from '../../../devnet/world/world.ts';
import { BotHome } from './bot-home.ts';
import { SMALL_WORLD } from './small-world.ts';

/** A world for bots whose configuration files are written by hand. */
export class ConfiguredWorld {
  readonly world: World;
  readonly #homes: BotHome[] = [];

  private constructor(world: World) {
    this.world = world;
  }

  static async start(options: Pick<WorldOptions, 'blocks' | 'clock'> = {}): Promise<ConfiguredWorld> {
    return new ConfiguredWorld(await startWorld({ ...SMALL_WORLD, ...options }));
  }

  /** A home whose configuration file holds just this, text or a value. */
  async homeWith(name: string, content: string | JsonObject, env: NodeJS.ProcessEnv = {}): Promise<BotHome> {
    const home = await BotHome.make(this.world, name, { env });
    this.#homes.push(home);
    await writeFile(home.configPath, typeof content === 'string' ? content : JSON.stringify(content));
    return home;
  }

  get ends(): { readonly chain: string; readonly sworker: string; readonly ipfs: string; readonly account: string } {
    const { chainServer, sworkerServer, ipfs, network } = this.world;
    return {
      chain: chainServer.url,
      sworker: new URL(sworkerServer.apiUrl).origin,
      ipfs: new URL(ipfs.apiUrl).origin,
      account: toAddress(network.account),
    };
  }

  /** What the installer of nodes writes, with this world's addresses in it. */
  installersFile(dataDir: string, telemetry: string): JsonObject {
    return {
      ...this.leastFile(dataDir),
      node: { role: 'member' },
      telemetry: { endPoint: telemetry },
      scheduler: { minSrdRatio: 30, strategy: { existedFilesWeight: 0, newFilesWeight: 100 } },
    };
  }

  /** The least that a file has to say. */
  leastFile(dataDir: string): JsonObject {
    const { chain, sworker, ipfs, account } = this.ends;
    return { chain: { account, endPoint: chain }, sworker: { endPoint: sworker }, ipfs: { endPoint: ipfs }, dataDir };
  }

  async close(): Promise<void> {
    await Promise.all(this.#homes.map((home) => home.close()));
    await this.world.stop();
  }
}

/** Runs a bot to its end and gives what it printed. */
export async function refusal(home: BotHome): Promise<{ readonly code: number | null; readonly printed: string }> {
  const { code } = await home.launch().exited;
  return { code, printed: home.printed };
}
