/** How much a run of the benchmark does: `small` checks that it works and what it counts, `full` adds five million orders. */
export type Scale = 'small' | 'normal' | 'full';

/** What one bench is asked to do. */
export interface BenchSettings {
  readonly scale: Scale;
  /** Instead of the bench's own sizes. */
  readonly orders: number | undefined;
  /** Round trip to the chain, instead of the bench's own ones. */
  readonly latencyMs: number | undefined;
  /** Interleaved pairs, instead of the bench's own number. */
  readonly runs: number | undefined;
  /** Kept between runs: large databases that are made once. */
  readonly cacheDir: string;
  readonly signal: AbortSignal;
  /** A line for people about what is going on; never a result. */
  readonly say: (line: string) => void;
}

/** Something a figure must reach. */
export interface Budget {
  /** Such as `ratio` or `peak RSS, MiB`. */
  readonly what: string;
  readonly found: number;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** A share of time, a time or a memory is not judged in a small run; what was counted always is. */
  readonly kind: 'time' | 'memory' | 'count';
}

/** What the carrier alone must reach on a quiet machine of this kind, or it was measured wrongly. */
export interface LimitFloor {
  /** Such as `socket, orders/s`. */
  readonly what: string;
  readonly found: number;
  readonly atLeast: number;
}

/** One line of the benchmark's result. */
export interface Figure {
  readonly bench: string;
  /** What of the bench it is, when it has more than one line of the same size. */
  readonly part?: string;
  readonly orders: number;
  readonly latencyMs: number;
  /** Median of the runs. */
  readonly value: number;
  readonly unit: string;
  /** Median of what the carrier alone does in the same run, in the same unit; null where the budget is no ratio. */
  readonly limit: number | null;
  /** `value` to `limit`, the larger the better; for times the limit to the value. */
  readonly ratio: number | null;
  readonly range?: readonly [number, number];
  readonly limitRange?: readonly [number, number];
  /** A limit below its floor is marked loudly; it fails nothing, because the machine may be busy or slow. */
  readonly limitFloor?: readonly LimitFloor[];
  readonly rssMaxMiB: number | null;
  readonly runs: number;
  readonly budgets: readonly Budget[];
  /** What else is worth knowing. */
  readonly more?: Readonly<Record<string, number | string>>;
}

/** How a run may be asked for otherwise than usual. */
export type BenchOption = 'orders' | 'latency' | 'runs';

export interface Bench {
  readonly name: string;
  readonly about: string;
  /** Options that change what it does; one that it could not follow is refused before anything runs. */
  readonly takes: readonly BenchOption[];
  /** Measures and reports line by line. Throws when what it counted is wrong: a figure of work not done is none. */
  run(settings: BenchSettings, report: (figure: Figure) => void): Promise<void>;
}

/** Null when a run of this scale does not judge it. */
export function isMet(budget: Budget, scale: Scale): boolean | null {
  if (scale === 'small' && budget.kind !== 'count') return null;
  if (budget.atLeast !== undefined && !(budget.found >= budget.atLeast)) return false;
  return !(budget.atMost !== undefined && !(budget.found <= budget.atMost));
}

/** Null when a run of this scale does not judge it. */
export function isBelowFloor({ found, atLeast }: LimitFloor, scale: Scale): boolean | null {
  return scale === 'small' ? null : !(found >= atLeast);
}

/** Why benches cannot be run with these options; undefined when they can. */
export function refusalOf(benches: readonly Bench[], given: readonly BenchOption[]): string | undefined {
  for (const option of given) {
    const without = benches.filter((bench) => !bench.takes.includes(option)).map((bench) => bench.name);
    if (without.length > 0) return `--${option} changes nothing in: ${without.join(', ')}; name benches that take it`;
  }
  return undefined;
}
