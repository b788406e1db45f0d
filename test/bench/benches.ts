import type { Bench } from './harness/bench.ts';

/** Every bench, in the order in which they run. Loaded when asked for: one that measures memory must not carry the others. */
export const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  scan: async () => (await import('./scan/bench.ts')).scanBench,
  rescan: async () => (await import('./rescan/bench.ts')).rescanBench,
  catchup: async () => (await import('./catchup/bench.ts')).catchupBench,
  pick: async () => (await import('./pick/bench.ts')).pickBench,
  decide: async () => (await import('./decide/bench.ts')).decideBench,
  statements: async () => (await import('./statements/bench.ts')).statementsBench,
  pull: async () => (await import('./pull/bench.ts')).pullBench,
  report: async () => (await import('./report/bench.ts')).reportBench,
  start: async () => (await import('./start/bench.ts')).startBench,
  size: async () => (await import('./size/bench.ts')).sizeBench,
};
