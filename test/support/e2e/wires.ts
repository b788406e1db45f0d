import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { World } from '../../../devnet/world/world.ts';
import { type TcpLink, Toxiproxy } from '../toxiproxy.ts';
import type { Ways } from './secrets.ts';

const names = fileURLToPath(new URL('./wire-names.mjs', import.meta.url));

export const wiredParts = ['chain', 'sWorker', 'IPFS'] as const;
export type WiredPart = (typeof wiredParts)[number];

const hostOf = (part: WiredPart): string => `${part.toLowerCase()}.wire.test`;

/** The TCP links between a bot and the parts of its world, each part by a name of its own. */
export class Wires {
  readonly #proxy: Toxiproxy;
  readonly #links: ReadonlyMap<WiredPart, TcpLink>;
  readonly #goneFile: string;

  private constructor(world: World, proxy: Toxiproxy, links: ReadonlyMap<WiredPart, TcpLink>) {
    this.#proxy = proxy;
    this.#links = links;
    this.#goneFile = join(world.dir, 'names-gone');
  }

  /** @param ipfsOrigin what the bot is led to as its daemon */
  static async lay(world: World, ipfsOrigin: string): Promise<Wires> {
    const ports = {
      chain: world.chainServer.port,
      sWorker: world.sworkerServer.port,
      IPFS: Number(new URL(ipfsOrigin).port),
    };
    const proxy = await Toxiproxy.start();
    try {
      const links = new Map<WiredPart, TcpLink>();
      for (const part of wiredParts) links.set(part, await proxy.link(part, ports[part]));
      const wires = new Wires(world, proxy, links);
      await wires.#forget();
      return wires;
    } catch (error) {
      await proxy.close();
      throw error;
    }
  }

  /** The addresses that lead a bot through these links. */
  get ways(): Ways {
    const address = (part: WiredPart): string => `${hostOf(part)}:${this.link(part).port}`;
    return {
      chain: `ws://${address('chain')}`,
      sworker: `http://${address('sWorker')}`,
      ipfs: `http://${address('IPFS')}`,
    };
  }

  /** What a bot's process needs to know the names. */
  get env(): NodeJS.ProcessEnv {
    return { NODE_OPTIONS: `--import=${names}`, WIRE_NAMES_GONE: this.#goneFile };
  }

  link(part: WiredPart): TcpLink {
    const link = this.#links.get(part);
    if (link === undefined) throw new Error(`no link to ${part}`);
    return link;
  }

  /** The part's name does not resolve any more, and the connections that stood are gone. */
  async loseName(part: WiredPart): Promise<void> {
    await this.#forget(part);
    await this.link(part).cut();
  }

  /** Takes every fault away. */
  async heal(): Promise<void> {
    await this.#forget();
    await this.#proxy.heal();
  }

  async close(): Promise<void> {
    await this.#proxy.close();
  }

  async #forget(...gone: readonly WiredPart[]): Promise<void> {
    await writeFile(this.#goneFile, gone.map(hostOf).join('\n'));
  }
}
