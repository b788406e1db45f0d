import { describe, expect, it } from 'vitest';
import { MIB } from '../../../src/domain/units.ts';
import { figureLines, grown } from '../../soak/figures.ts';
import type { Sample } from '../../soak/sampler.ts';

const steady: Sample = {
  atDay: 0,
  rssBytes: 100 * MIB,
  heapBytes: 20 * MIB,
  codeBytes: 6 * MIB,
  externalBytes: 3 * MIB,
  descriptors: 30,
  threads: 11,
  timers: 25,
  handles: 12,
  listeners: 6,
  temporaryFiles: 0,
  databaseBytes: MIB,
  walBytes: 4 * MIB,
  logBytes: 0,
};

/** A hundred samples of thirty days; `at` says what is other than steady in the one at that share of the run. */
function run(at: (share: number) => Partial<Sample>): readonly Sample[] {
  return Array.from({ length: 100 }, (_, i) => {
    const atDay = 0.3 * i;
    return { ...steady, atDay, logBytes: atDay * MIB, ...at(i / 100) };
  });
}

describe('the figures of a soak', () => {
  it('let a steady process pass, whatever it took at its start and in a moment', () => {
    expect(grown(run(() => ({})))).toEqual([]);
    expect(grown(run((share) => (share < 0.4 ? { rssBytes: 300 * MIB * share } : {})))).toEqual([]);
    expect(grown(run((share) => (share === 0.95 ? { rssBytes: 900 * MIB, timers: 900 } : {})))).toEqual([]);
  });

  it.each([
    { figure: 'rssBytes', leak: { perRun: 40 * MIB, base: steady.rssBytes } },
    { figure: 'heapBytes', leak: { perRun: 10 * MIB, base: steady.heapBytes } },
    { figure: 'descriptors', leak: { perRun: 30, base: steady.descriptors } },
    { figure: 'timers', leak: { perRun: 40, base: steady.timers } },
    { figure: 'temporaryFiles', leak: { perRun: 30, base: 0 } },
  ] as const)('name $figure when it grows all the time', ({ figure, leak: { perRun, base } }) => {
    const broken = grown(run((share) => ({ [figure]: base + Math.round(perRun * share) })));
    expect(broken).toEqual([expect.stringContaining(`${figure} grew by `)]);
  });

  it('tell of a write-ahead log that became too long in between', () => {
    const broken = grown(run((share) => (share === 0.3 ? { walBytes: 40 * MIB } : {})));
    expect(broken).toEqual(['the write-ahead log took 40.0 MiB']);
  });

  it('show the log by the day', () => {
    const line = figureLines(run(() => ({}))).find(
      (each) => each.startsWith('logBytesPerDay') || each.startsWith('logPerDay'),
    );
    expect(line?.trim().split(/\s+/u).slice(-3)).toEqual(['1.00', '1.00', '1.00']);
  });
});
