import * as fc from 'fast-check';
import { Finding } from './finding.ts';
import { shown } from './shown.ts';
import { grownBeyond, heldBytes } from './memory.ts';

export interface Failure {
  readonly reason: string;
  /** The smallest input found that fails, in printable ASCII. */
  readonly input: string;
  /** Where fast-check finds it again, together with the seed. */
  readonly path: string;
}

export interface Checked {
  readonly runs: number;
  readonly failure: Failure | undefined;
}

export interface CheckOptions {
  readonly seed: number;
  readonly numRuns: number;
  /** Ends when it is over, whatever was judged until then. */
  readonly limitMs?: number;
  readonly path?: string;
  /** Called before an input is judged. */
  readonly onRun?: (run: number) => void;
}

/** One reader of hostile bytes, with the inputs it is given and what is judged of it. */
export interface Target {
  readonly name: string;
  /** A run that takes longer is a hang. */
  readonly maxRunMs: number;
  check(options: CheckOptions): Promise<Checked>;
  close(): Promise<void>;
}

interface TargetParts<T> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<T>;
  /** Throws what is wrong. */
  readonly judge: (input: T) => Promise<void> | void;
  readonly maxRunMs?: number;
  readonly close?: () => Promise<void>;
}

const usualMaxRunMs = 3000;
/** So many runs between two looks at the memory. */
const runsBetweenLooks = 64;

export function target<T>({ name, inputs, judge, maxRunMs = usualMaxRunMs, close }: TargetParts<T>): Target {
  return {
    name,
    maxRunMs,
    async check({ seed, numRuns, limitMs, path, onRun }) {
      let run = 0;
      let before: number | undefined;
      const property = fc.asyncProperty(inputs, async (input) => {
        onRun?.(run);
        const startedMs = performance.now();
        await judge(input);
        const tookMs = performance.now() - startedMs;
        if (tookMs > maxRunMs) throw new Finding(`took ${Math.round(tookMs)} ms, ${maxRunMs} allowed`);
        // What is loaded and made once belongs to no input.
        if (run === runsBetweenLooks) before = heldBytes();
        if (before !== undefined && run % runsBetweenLooks === 0) grownBeyond(before);
        run += 1;
      });
      const details = await fc.check(property, {
        seed,
        numRuns,
        ...(limitMs === undefined ? {} : { interruptAfterTimeLimit: limitMs, markInterruptAsFailure: false }),
        ...(path === undefined ? {} : { path }),
      });
      return { runs: run, failure: failureOf(details) };
    },
    close: close ?? (async () => undefined),
  };
}

function failureOf<T>(details: fc.RunDetails<[T]>): Failure | undefined {
  if (!details.failed) return undefined;
  const { counterexample, counterexamplePath, errorInstance } = details;
  const error = errorInstance;
  const reason = error instanceof Error ? (error instanceof Finding ? error.message : (error.stack ?? error.message)) : String(error);
  return { reason, input: shown(counterexample?.[0]), path: counterexamplePath ?? '' };
}
