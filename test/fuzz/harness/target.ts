import * as fc from 'fast-check';
import { Finding } from './finding.ts';
import { mustNotGrow, restingBytes } from './memory.ts';
import { shown } from './shown.ts';

export interface Failure {
  readonly reason: string;
  /** The smallest input found that fails, in printable ASCII. */
  readonly input: string;
  /** Seed and path give fast-check the same input again; the path is empty when it was no single input. */
  readonly seed: number;
  readonly path: string;
}

export interface Checked {
  readonly runs: number;
  readonly failure: Failure | undefined;
}

interface CheckOptions {
  readonly seed: number;
  /** As many inputs, or as many as can be judged in the time. */
  readonly until: { readonly runs: number } | { readonly limitMs: number };
  /** Only the input of this path. */
  readonly path?: string | undefined;
  /** Called before an input is judged. */
  readonly onRun?: (seed: number, run: number) => void;
}

/** One reader of hostile bytes, with the inputs it is given and what is judged of it. */
export interface Target {
  readonly name: string;
  /** A run that takes longer is a hang. */
  readonly maxRunMs: number;
  /** So many inputs are enough for a unit test. */
  readonly unitRuns: number;
  check(options: CheckOptions): Promise<Checked>;
  close(): Promise<void>;
}

interface TargetParts<T> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<T>;
  /** Throws what is wrong. */
  readonly judge: (input: T) => Promise<void> | void;
  readonly maxRunMs?: number;
  readonly unitRuns?: number;
  readonly close?: () => Promise<void>;
}

/** A reader takes milliseconds; a machine with other work may take many times that. */
const usualMaxRunMs = 5000;
const usualUnitRuns = 300;
/** Inputs of one seed; the next seed follows. */
const runsOfSeed = 25;
/** So many runs between two looks at the memory, and one more at the end; what the first run loads and makes once belongs to no input. */
const runsBetweenLooks = 64;
const maxShrinkMs = 15_000;

export function target<T>(parts: TargetParts<T>): Target {
  const { name, maxRunMs = usualMaxRunMs, unitRuns = usualUnitRuns } = parts;
  return {
    name,
    maxRunMs,
    unitRuns,
    check: async (options) => await new Check(parts, maxRunMs).run(options),
    close: parts.close ?? (async () => undefined),
  };
}

class Check<T> {
  readonly #parts: TargetParts<T>;
  readonly #maxRunMs: number;
  #runs = 0;
  #beforeBytes: number | undefined;
  #failedAtMs: number | undefined;

  constructor(parts: TargetParts<T>, maxRunMs: number) {
    this.#parts = parts;
    this.#maxRunMs = maxRunMs;
  }

  async run({ seed, until, path, onRun }: CheckOptions): Promise<Checked> {
    const startedMs = performance.now();
    const goesOn = (): boolean =>
      'runs' in until ? this.#runs < until.runs : performance.now() - startedMs < until.limitMs;
    for (let current = seed; goesOn(); current += 1) {
      let run = 0;
      const property = fc.asyncProperty(this.#parts.inputs, async (input) => {
        if (!goesOn() && this.#failedAtMs === undefined) return;
        onRun?.(current, run);
        run += 1;
        await this.#judge(input);
      });
      const details = await fc.check(property, {
        seed: current,
        numRuns: runsOfSeed,
        ...(path === undefined ? {} : { path }),
      });
      const failure = failureOf(details, current);
      if (failure !== undefined || path !== undefined) return { runs: this.#runs, failure };
    }
    return { runs: this.#runs, failure: await this.#growth(seed) };
  }

  /** What was held in the end of all that was read, for none of which it was too much. */
  async #growth(seed: number): Promise<Failure | undefined> {
    try {
      if (this.#beforeBytes !== undefined) await mustNotGrow(this.#beforeBytes);
      return undefined;
    } catch (error) {
      if (!(error instanceof Finding)) throw error;
      const input = `none of its own: after ${this.#runs} inputs from this seed on`;
      return { reason: error.message, input, seed, path: '' };
    }
  }

  async #judge(input: T): Promise<void> {
    // A failure is made smaller for a while; then whatever is left counts as none.
    if (this.#failedAtMs !== undefined && performance.now() - this.#failedAtMs > maxShrinkMs) return;
    const startedMs = performance.now();
    try {
      await this.#parts.judge(input);
      const tookMs = performance.now() - startedMs;
      if (tookMs > this.#maxRunMs) throw new Finding(`took ${Math.round(tookMs)} ms, ${this.#maxRunMs} allowed`);
      await this.#lookAtMemory();
    } catch (error) {
      this.#failedAtMs ??= performance.now();
      throw error;
    }
  }

  async #lookAtMemory(): Promise<void> {
    this.#runs += 1;
    if (this.#beforeBytes === undefined) this.#beforeBytes = await restingBytes();
    else if (this.#runs % runsBetweenLooks === 0) await mustNotGrow(this.#beforeBytes);
  }
}

function failureOf<T>(details: fc.RunDetails<[T]>, seed: number): Failure | undefined {
  if (!details.failed) return undefined;
  const { counterexample, counterexamplePath, errorInstance: error } = details;
  const told = error instanceof Error && !(error instanceof Finding) ? (error.stack ?? error.message) : error;
  return {
    reason: told instanceof Finding ? told.message : String(told),
    input: shown(counterexample?.[0]),
    seed,
    path: counterexamplePath ?? '',
  };
}
