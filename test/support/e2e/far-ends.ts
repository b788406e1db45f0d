import type { HttpFault } from '../../../devnet/http/faults.ts';
import type { World } from '../../../devnet/world/world.ts';
import type { WiredPart } from './wires.ts';

/** So many blocks of a file are sealed before its hold. */
const BLOCKS_LET_THROUGH = 2;

/** What happens at the far ends of a bot's links: pulls can be held in the middle, and connections closed. */
export class FarEnds {
  /** Ends the connection of every question that a bot puts to this part, instead of answering. */
  hangsUp: WiredPart | undefined;
  readonly #world: World;
  #held: { readonly cid: string; blocks: number } | undefined;

  constructor(world: World) {
    this.#world = world;
    const { chainServer, sworkerServer, ipfs } = world;
    chainServer.faults = () => (this.hangsUp === 'chain' ? 'cut' : undefined);
    // The daemon only posts.
    sworkerServer.faults.decide = ({ method, path, query }) =>
      method === 'GET' ? this.#hangUp('sWorker') : this.#sealing(path, query);
    ipfs.faults.decide = () => this.#hangUp('IPFS');
  }

  /** Resolves when the seal of this file stands in the middle, where it stays until `letGo`. */
  async hold(cid: string): Promise<void> {
    this.#held = { cid, blocks: 0 };
    await this.#world.sworkerServer.faults.untilHeld(1);
  }

  letGo(): void {
    this.#held = undefined;
    this.#world.sworkerServer.faults.release();
  }

  #hangUp(part: WiredPart): HttpFault | undefined {
    return this.hangsUp === part ? 'drop' : undefined;
  }

  #sealing(path: string, query: URLSearchParams): HttpFault | undefined {
    if (this.#held === undefined || !path.endsWith('/storage/seal') || query.get('cid') !== this.#held.cid)
      return undefined;
    this.#held.blocks += 1;
    return this.#held.blocks > BLOCKS_LET_THROUGH ? 'delay' : undefined;
  }
}
