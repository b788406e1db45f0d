import type { PullParts } from '../../../src/pull/ports.ts';
import { type Ending, Pulls } from '../../../src/store/pulls.ts';

/** Watches the product's own parts: how long it is from the daemon's answer to the committed end of a pull, and how many have ended. */
export class Confirmations {
  readonly ipfs: PullParts['ipfs'];
  readonly pulls: Pulls;
  readonly durationsMs: number[] = [];
  readonly #answeredMs = new Map<string, number>();
  #watcher: { readonly count: number; readonly resolve: () => void } | undefined;

  constructor(ipfs: PullParts['ipfs'], pulls: Pulls) {
    this.pulls = pulls;
    const end = pulls.end.bind(pulls);
    pulls.end = async (ending: Ending) => {
      const ended = await end(ending);
      this.#note(ending.permit.claim.cid);
      return ended;
    };
    this.ipfs = {
      isPinned: async (cid, signal) => await ipfs.isPinned(cid, signal),
      pinRemove: async (cid, signal) => await ipfs.pinRemove(cid, signal),
      version: async (signal) => await ipfs.version(signal),
      pinAdd: async (cid, options) => {
        const answer = await ipfs.pinAdd(cid, options);
        this.#answeredMs.set(cid, performance.now());
        return answer;
      },
    };
  }

  /** Resolves when that many pulls have ended. */
  async reach(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#watcher = { count, resolve };
    });
  }

  #note(cid: string): void {
    this.durationsMs.push(performance.now() - (this.#answeredMs.get(cid) ?? 0));
    if (this.durationsMs.length === this.#watcher?.count) this.#watcher.resolve();
  }
}
