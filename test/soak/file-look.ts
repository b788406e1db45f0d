import type { World } from '../../devnet/world/world.ts';
import { BLOCK_MS, HOUR_BLOCKS, SECOND_MS } from '../../src/domain/units.ts';
import type { BotHome } from '../support/e2e/bot-home.ts';
import { watchFiles } from '../support/e2e/file-watch.ts';
import type { PinWatch } from '../support/e2e/pin-watch.ts';
import type { InvariantView } from '../support/invariant-view.ts';
import { brokenDeletions } from '../support/invariants-outside.ts';
import { pullsWithoutRecords } from '../support/invariants.ts';
import type { Watch } from '../support/sim/watch.ts';

/** What a busy machine may take from what the bot hears of the chain to what it asks for. */
const slownessMs = 10 * SECOND_MS;

/**
 * Sees every pull, deletion and unpinning at the moment it is asked for, and holds them against the records of it. A soak is longer than records are kept, so
 * that has to be done again and again, each time of what is new.
 */
export class FileLook {
  readonly #home: BotHome;
  readonly #pins: PinWatch;
  readonly #watch: Watch;
  readonly #lostGraceBlocks: number;
  #lookedAt = 0;
  #begunBefore: ReadonlyMap<string, number> = new Map();
  readonly #broken = new Set<string>();

  constructor(world: World, home: BotHome, { pins, lostGraceHours }: { pins: PinWatch; lostGraceHours: number }) {
    this.#home = home;
    this.#pins = pins;
    this.#watch = watchFiles(world, pins);
    this.#lostGraceBlocks = lostGraceHours * HOUR_BLOCKS;
  }

  get closes(): Watch['closes'] {
    return this.#watch.closes;
  }

  get deleted(): Watch['deleted'] {
    return this.#watch.deleted;
  }

  /** How far the chain may be ahead of what the bot has heard of it. */
  get headLeadBlocks(): number {
    return Math.ceil((slownessMs * this.#home.world.clock.factor) / BLOCK_MS);
  }

  /** Everything that was found so far; `afterStop`: no pull may stand any more either. */
  wrong({ afterStop = false } = {}): readonly string[] {
    const standing = afterStop ? [...this.#pins.pulling] : [];
    return [
      ...this.#watch.violations,
      ...this.#pins.wrong,
      ...this.#broken,
      ...standing.map((cid) => `${cid} is pulled although the bot has stopped`),
    ];
  }

  /** Looks at what was asked for since the last time, while the records of it are there. */
  async look(): Promise<void> {
    const { chain } = this.#home.world;
    // Taken before the records are read: what comes meanwhile has its turn with the next look.
    const lettingGo = this.#watch.lettingGo.slice(this.#lookedAt);
    const begun = new Map(this.#pins.begun);
    const fresh = [...begun].map(([cid, pulls]) => [cid, pulls - (this.#begunBefore.get(cid) ?? 0)] as const);
    const view: InvariantView = {
      chain,
      rows: async <T>(sql: string, ...bindings: readonly unknown[]) =>
        await this.#home.rows<T>(sql, ...(bindings as (string | number)[])),
      isBotUp: true,
      pulling: [],
      pullsBegun: new Map(fresh.filter(([, pulls]) => pulls > 0)),
      seen: [],
      lettingGo,
      lostGraceBlocks: this.#lostGraceBlocks,
      headLeadBlocks: this.headLeadBlocks,
    };
    for (const line of [...(await brokenDeletions(view)), ...(await pullsWithoutRecords(view))]) this.#broken.add(line);
    this.#lookedAt += lettingGo.length;
    this.#begunBefore = begun;
  }
}
