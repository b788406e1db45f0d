import { fileInfo } from '../../devnet/chain/model-files.ts';
import type { World } from '../../devnet/world/world.ts';
import { inSworker } from '../support/e2e/daemon.ts';

/** Sees every deletion that sWorker is asked for at the moment it is. */
export class DeletionWatch {
  /** Deletions of files that were neither lost nor had a closed order. */
  readonly wrong: string[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    const { sworker } = world;
    const handle = sworker.handle.bind(sworker);
    sworker.handle = async (request) => {
      if (request.path.endsWith('/storage/delete')) this.#look(Buffer.from(request.body).toString('utf8'));
      return await handle(request);
    };
  }

  #look(body: string): void {
    const { cid } = JSON.parse(body) as { readonly cid: string };
    const { chain } = this.#world;
    if (fileInfo(chain, cid) === undefined || inSworker(this.#world, cid) === 'lost') return;
    this.wrong.push(`${cid} was deleted at block ${chain.head.number}, and its order lives`);
  }
}
