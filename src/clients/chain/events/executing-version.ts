import { SmError } from '../../../domain/errors.ts';
import type { Ask, BlockRef } from '../ask.ts';
import { checked, runtimeVersionSchema } from '../connection/answers.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import { leading } from './leading.ts';
import type { RuntimeVersion } from './library/decoding-library.ts';
import { VersionSpans } from './version-spans.ts';

const METHOD = 'state_getRuntimeVersion';
/** An upgrade is looked for by so many states at once: of 255 it is then found in two rounds, which at a distant node is what counts. */
const PROBES = 15;

/**
 * Which runtime executes blocks: the one in the state of their parents. An upgrade written in a block takes effect with the next one, so a block's own
 * state may already carry a runtime that did not write its events.
 */
export class ExecutingVersions {
  readonly #spans = new VersionSpans();

  /**
   * The versions in the states of these consecutive blocks, few enough that none comes back within them. A question at either end tells of all between
   * when they agree; otherwise the upgrade is looked for between them. Of states of which the node can only tell the first ones, these; throws what
   * stands against the very first.
   */
  async of(connection: ChainConnection, states: readonly BlockRef[], ask: Ask): Promise<readonly RuntimeVersion[]> {
    let known = this.#leadingKnown(states);
    if (known.length === 0) {
      const ends = [...states.slice(0, 1), ...states.slice(1).slice(-1)];
      await this.#ask(connection, ends, ask);
      known = this.#leadingKnown(states);
    }
    while (known.length < states.length) {
      const version = known.at(-1);
      if (version === undefined) break;
      if (!(await this.#reach(connection, { states, from: known.length - 1, version }, ask))) break;
      known = this.#leadingKnown(states);
    }
    return known;
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

  /** Finds up to where the version at `from` stays and, when it does not stay to the end, which comes next. False when the end cannot be told. */
  async #reach(
    connection: ChainConnection,
    run: { readonly states: readonly BlockRef[]; readonly from: number; readonly version: RuntimeVersion },
    ask: Ask,
  ): Promise<boolean> {
    const { states, from, version } = run;
    let same = from;
    let other = states.length;
    let probes: readonly number[] = [other - 1];
    while (same + 1 < other) {
      const unknown = probes.flatMap((index) => states[index] ?? []).filter((state) => !this.#knows(state));
      try {
        // Another end point may have finalized less than the one that told of these blocks.
        if ((await this.#ask(connection, unknown, ask)) < unknown.length) return false;
      } catch (error) {
        if (error instanceof SmError) return false;
        throw error;
      }
      for (const probe of probes) {
        if (this.#spans.find(states[probe]?.number ?? -1)?.specVersion === version.specVersion) same = probe;
        else {
          other = probe;
          break;
        }
      }
      probes = between(same, other);
    }
    const [first, last] = [states[from], states[same]];
    if (first !== undefined && last !== undefined) this.#spans.add(first.number, last.number, version);
    return true;
  }

  #knows({ number }: BlockRef): boolean {
    return this.#spans.find(number) !== undefined;
  }

  /** Of how many of the states, from the first one on, the node told the version; throws what stands against the first. */
  async #ask(connection: ChainConnection, states: readonly BlockRef[], ask: Ask): Promise<number> {
    if (states.length === 0) return 0;
    const outcomes = await connection.requestBatchAt(
      states.map((at) => ({ method: METHOD, params: [at.hash], at })),
      ask,
    );
    const told = await leading(states.length, (index) => {
      const [state, outcome] = [states[index], outcomes[index]];
      if (outcome !== undefined && 'error' in outcome) throw outcome.error;
      const version = checked(runtimeVersionSchema, connection.name, METHOD, outcome?.result);
      if (state !== undefined) this.#spans.add(state.number, state.number, version);
      return version;
    });
    return told.length;
  }
}

/** At most so many places between two, evenly spread. */
function between(low: number, high: number): readonly number[] {
  const count = Math.min(PROBES, high - low - 1);
  return Array.from({ length: count }, (_, index) => low + Math.floor(((index + 1) * (high - low)) / (count + 1)));
}
