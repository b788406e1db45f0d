import type { WorldOptions } from '../../../devnet/world/world-options.ts';
import { MachinePlace } from './machine-place.ts';
import { ROW_MS } from './row-limit.ts';

type Work = (place: MachinePlace) => Promise<void>;

/** Some places side by side: most of a row is waiting. */
export class Places {
  readonly #all: readonly MachinePlace[];
  readonly #free: MachinePlace[];
  readonly #waiting: ((place: MachinePlace) => void)[] = [];
  readonly #tookMs: number[] = [];

  private constructor(places: readonly MachinePlace[]) {
    this.#all = places;
    this.#free = [...places];
  }

  static async open(count: number): Promise<Places> {
    const places: MachinePlace[] = [];
    for (let i = 0; i < count; i += 1) places.push(await MachinePlace.start(i + 1));
    return new Places(places);
  }

  /** Runs a row when a place is free for it; rejects also when it takes longer than a row may, without the wait. */
  async row(work: Work): Promise<void> {
    await this.#inFreePlace(async (place) => await this.#judged(place, work));
  }

  /** Runs a row in a place of its own, in another world than the others'. */
  async rowIn(options: Pick<WorldOptions, 'blocks' | 'clock'>, work: Work): Promise<void> {
    await this.#inFreePlace(async () => {
      const place = await MachinePlace.start(this.#all.length + 1, options);
      try {
        await this.#judged(place, work);
      } finally {
        await place.stop();
      }
    });
  }

  async close(): Promise<void> {
    const longest = this.#tookMs.toSorted((a, b) => b - a).slice(0, 3);
    if (longest.length > 0) console.log(`${this.#tookMs.length} rows, the longest took ${longest.join(', ')} ms`);
    await Promise.all(this.#all.map((place) => place.stop()));
  }

  async #inFreePlace(work: Work): Promise<void> {
    const place = this.#free.pop() ?? (await new Promise<MachinePlace>((resolve) => this.#waiting.push(resolve)));
    try {
      await work(place);
    } finally {
      await place.clear();
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(place);
      else next(place);
    }
  }

  async #judged(place: MachinePlace, work: Work): Promise<void> {
    const startedMs = performance.now();
    try {
      await work(place);
      const tookMs = Math.round(performance.now() - startedMs);
      this.#tookMs.push(tookMs);
      expectNothing('printed past the log', place.strayLines);
      expectNothing('let go of', place.wronglyLetGo);
      if (tookMs > ROW_MS) throw new Error(`the row took ${tookMs} ms, and may take ${ROW_MS}`);
    } catch (error) {
      console.log(`The row failed. What its bot said last:\n${place.lastWords}`);
      throw error;
    }
  }
}

function expectNothing(what: string, found: readonly string[]): void {
  if (found.length > 0) throw new Error(`${what}: ${found.join('\n')}`);
}
