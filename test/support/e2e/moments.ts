import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import type { World } from '../../../devnet/world/world.ts';
import type { PinWatch } from './pin-watch.ts';

/** Something that happens in the world around a bot: a call of the bot or of its daemon, by the part that is asked and what for, `walk` for one that asks for orders, `block`, or a file that changed. */
export type Moment = string;

/** Tells of everything that happens in a world, so that a test can wait for the world and not for the clock. */
export class Moments {
  readonly #listeners = new Set<(moment: Moment) => void>();

  /** Every block of a file waits for the next block of the chain before sWorker takes it when `sealsSlowly`, so that pulls take seconds. */
  constructor(world: World, pins: PinWatch, { sealsSlowly = false } = {}) {
    const { faults } = world.sworkerServer;
    world.chainServer.faults = (method, [prefix]) => {
      this.tell(`chain ${method}`);
      if (method === 'state_getKeysPaged' && prefix === storagePrefixes.marketFilesV2) this.tell('walk');
      return undefined;
    };
    pins.onRequest = (command) => this.tell(`ipfs ${command}`);
    faults.decide = ({ path }) => {
      const route = path.replace('/api/v0/', '');
      this.tell(`sworker ${route}`);
      return sealsSlowly && route === 'storage/seal' ? 'delay' : undefined;
    };
    world.chain.onBlock(() => {
      if (sealsSlowly) faults.release();
      this.tell('block');
    });
  }

  /** Returns the end of the subscription. */
  on(listener: (moment: Moment) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves at the next moment of any kind. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => {
      const unsubscribe = this.on(() => {
        unsubscribe();
        resolve();
      });
    });
  }

  tell(moment: Moment): void {
    for (const listener of this.#listeners) listener(moment);
  }
}
