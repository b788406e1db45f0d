import type { HttpFaults } from '../http/faults.ts';

/** So many blocks of each file are sealed before the hold. */
const BLOCKS_LET_THROUGH = 2;

/** Lets sWorker take the first blocks of some files and then no more, so that their pulls stand in the middle for as long as is wanted. */
export class SealHold {
  /** Resolves when all of the files stand still. */
  readonly reached: Promise<void>;
  readonly #faults: HttpFaults;

  constructor(faults: HttpFaults, cids: readonly string[]) {
    this.#faults = faults;
    const asked = new Map(cids.map((cid) => [cid, 0]));
    this.reached = new Promise((resolve) => {
      faults.decide = ({ path, query }) => {
        const cid = query.get('cid') ?? '';
        const before = asked.get(cid);
        if (before === undefined || !path.endsWith('/storage/seal')) return undefined;
        asked.set(cid, before + 1);
        if ([...asked.values()].every((count) => count > BLOCKS_LET_THROUGH)) resolve();
        return before < BLOCKS_LET_THROUGH ? undefined : 'delay';
      };
    });
  }

  letGo(): void {
    this.#faults.decide = undefined;
    this.#faults.release();
  }
}
