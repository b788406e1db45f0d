import { SmError } from '../../../domain/errors.ts';
import type { Ask, BlockRef } from '../ask.ts';
import { runtimeVersionSchema } from '../connection/answers.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import type { RuntimeVersion } from './runtimes.ts';
import { VersionSpans } from './version-spans.ts';

/**
 * Which runtime executes blocks: the one in the state of their parents. An upgrade written in a block takes effect with the next one, so a block's own
 * state may already carry a runtime that did not write its events.
 */
export class ExecutingVersions {
  readonly #spans = new VersionSpans();

  /**
   * The versions in the states of these consecutive blocks, few enough that none comes back within them. A question at either end tells of all between
   * when they agree; otherwise the upgrade is looked for between them. Of blocks at whose end the node cannot say it, the leading ones it could.
   */
  async of(connection: ChainConnection, states: readonly BlockRef[], ask: Ask): Promise<readonly RuntimeVersion[]> {
    let known = this.#leadingKnown(states);
    if (known.length === 0) known = await this.#askBothEnds(connection, states, ask);
    while (known.length < states.length) {
      const version = known.at(-1);
      if (version === undefined) break;
      if (!(await this.#reach(connection, { states, from: known.length - 1, version }, ask))) break;
      known = this.#leadingKnown(states);
    }
    return this.#leadingKnown(states);
  }

  /** At once, because a window waits for it; only what stands against the first one counts. */
  async #askBothEnds(
    connection: ChainConnection,
    states: readonly BlockRef[],
    ask: Ask,
  ): Promise<readonly RuntimeVersion[]> {
    const ends = [states[0], ...states.slice(1).slice(-1)].filter((state) => state !== undefined);
    const [first, last] = await Promise.allSettled(ends.map(async (at) => await this.#ask(connection, at, ask)));
    if (first?.status === 'rejected') throw first.reason;
    const [from, to] = [ends[0], ends[1]];
    const isOne = last?.status === 'fulfilled' && last.value.specVersion === first?.value.specVersion;
    if (isOne && from !== undefined && to !== undefined) this.#spans.add(from.number, to.number, last.value);
    return this.#leadingKnown(states);
  }

  #leadingKnown(states: readonly BlockRef[]): readonly RuntimeVersion[] {
    const versions: RuntimeVersion[] = [];
    for (const { number } of states) {
      const version = this.#spans.find(number);
      if (version === undefined) break;
      versions.push(version);
    }
    return versions;
  }

  /** Finds up to where the version at `from` stays and, when it does not stay to the end, which comes next. False when the end cannot be asked. */
  async #reach(
    connection: ChainConnection,
    run: { readonly states: readonly BlockRef[]; readonly from: number; readonly version: RuntimeVersion },
    ask: Ask,
  ): Promise<boolean> {
    const { states, from, version } = run;
    const found = async (index: number): Promise<RuntimeVersion> => {
      const state = states[index];
      return state === undefined ? version : await this.#ask(connection, state, ask);
    };
    let same = from;
    let other = states.length;
    let probe = other - 1;
    while (same + 1 < other) {
      try {
        if ((await found(probe)).specVersion === version.specVersion) same = probe;
        else other = probe;
      } catch (error) {
        // Another end point may have finalized less than the one that told of these blocks.
        if (error instanceof SmError) return false;
        throw error;
      }
      probe = Math.floor((same + other) / 2);
    }
    const [first, last] = [states[from], states[same]];
    if (first !== undefined && last !== undefined) this.#spans.add(first.number, last.number, version);
    return true;
  }

  async #ask(connection: ChainConnection, at: BlockRef, ask: Ask): Promise<RuntimeVersion> {
    const version = await connection.requestAt(runtimeVersionSchema, 'state_getRuntimeVersion', [at.hash], at, ask);
    this.#spans.add(at.number, at.number, version);
    return version;
  }
}
