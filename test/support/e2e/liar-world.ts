import type { Block } from '../../../devnet/chain/block.ts';
import { seedOrders } from '../../../devnet/chain/model-seed.ts';
import type { Lie } from '../../../devnet/chain/rpc/lies.ts';
import type { WorldOptions } from '../../../devnet/world/world-options.ts';
import { WatchedWorld } from './watched-world.ts';

/** So many that half of the map is never empty by chance; nobody pulls them. */
const othersOrders = 150;

/** A bot whose only chain node can be made to lie. */
export class LiarWorld {
  readonly place: WatchedWorld;
  /** Before there was any order. */
  readonly emptyBlock: Block;
  #endOfLie: () => void = () => undefined;

  private constructor(place: WatchedWorld, emptyBlock: Block) {
    this.place = place;
    this.emptyBlock = emptyBlock;
  }

  /** Time passes on both sides so many times as fast as for the machine. */
  static async start(factor: number, world: Pick<WorldOptions, 'specVersion'> = {}): Promise<LiarWorld> {
    const empty: Block[] = [];
    const place = await WatchedWorld.start({
      factor,
      world,
      lay: async ({ world: { chain } }) => {
        empty.push(chain.head);
        chain.advance(1);
        seedOrders(chain, othersOrders, { seed: 11, mix: { expired: 1, expiring: 1, abandoned: 1, full: 1 } });
        // What takes minutes here is hours there.
        return { sections: { runtime: { maxOutageMinutes: 480 } } };
      },
      files: ['first', 'second', 'third'],
    });
    const [emptyBlock] = empty;
    if (emptyBlock === undefined) throw new Error('no block was empty');
    return new LiarWorld(place, emptyBlock);
  }

  /** Until the truth is told again. */
  lie(lie: Lie): void {
    this.place.world.chainServer.rpc.lie = lie;
  }

  /** It was started again and has only what it had before there were orders; `says` so or not. */
  syncFromOldBlocks({ says }: { readonly says: boolean }): void {
    const { chain, chainServer } = this.place.world;
    const { node } = chainServer.rpc;
    const lastBlock = this.emptyBlock.number;
    const isBehind = (): number => (node.blocksBehind = chain.head.number - lastBlock);
    isBehind();
    Object.assign(node, { isSyncing: says, peers: says ? 25 : 0 });
    this.#endOfLie = chain.onBlock(isBehind);
    chainServer.closeAll();
  }

  /** Everybody tells the truth. */
  truth(): void {
    const { chain, chainServer } = this.place.world;
    this.#endOfLie();
    this.#endOfLie = () => undefined;
    chainServer.rpc.lie = undefined;
    Object.assign(chainServer.rpc.node, { blocksBehind: 0, isSyncing: false, peers: 25 });
    chain.isFinalityPaused = false;
  }

  /** What the bot did that no lie may make it do: files let go of but the first so many, orders closed but those that are, its own end. */
  async harm(lettingGoBefore: number): Promise<readonly unknown[]> {
    const { home, watch, bot, wrong, closed } = this.place;
    const isClosed = new Set(closed.map(({ cid }) => cid));
    const rows = await home.rows<{ cid: string }>(
      "SELECT cid FROM file_record WHERE status = 'closed' UNION ALL SELECT cid FROM cleanup_record WHERE status <> 'cancelled'",
    );
    const taken = rows.filter(({ cid }) => !isClosed.has(cid));
    // What closed before may be unpinned still.
    const lettingGo = watch.lettingGo.slice(lettingGoBefore).filter(({ cid }) => !isClosed.has(cid));
    return [...lettingGo, ...taken, ...bot.exits, ...wrong];
  }

  /** Why blocks were passed over since then, and whether no walk has made up for it. */
  async gaps(sinceBlock: number): Promise<readonly { readonly reason: string; readonly isOpen: number }[]> {
    const sql = 'SELECT DISTINCT reason, closed_walk IS NULL AS isOpen FROM gap WHERE to_block >= ?';
    return await this.place.home.rows(sql, sinceBlock);
  }

  async close(): Promise<void> {
    await this.place.close();
  }
}
