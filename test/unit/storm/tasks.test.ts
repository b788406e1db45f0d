import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../src/domain/units.ts';
import { actsOf } from '../../storm/acts.ts';
import { actsFileText, readActsFile } from '../../storm/acts-file.ts';
import { tasksOf } from '../../storm/tasks.ts';
import { judgedFromHistories } from '../../storm/totals.ts';

let dir: string;

beforeAll(() => void (dir = mkdtempSync(path.join(tmpdir(), 'smanager-acts-'))));
afterAll(() => rmSync(dir, { recursive: true }));

function fileOf(text: string): string {
  const file = path.join(dir, 'acts.json');
  writeFileSync(file, text);
  return file;
}

/** The seeds that a run tells when each takes so long. */
function seedsOf(options: { seeds?: number; minutes?: number }, eachMs: number): readonly number[] {
  let nowMs = 0;
  const told: number[] = [];
  for (const { seed } of tasksOf({ from: 5, shrinkSeconds: 1, ...options }, () => nowMs)) {
    told.push(seed);
    nowMs += eachMs;
  }
  return told;
}

describe('A run of the storm', () => {
  it('tells so many seeds, or a hundred', () => {
    expect(seedsOf({ seeds: 3 }, MINUTE_MS)).toEqual([5, 6, 7]);
    expect(seedsOf({}, MINUTE_MS)).toHaveLength(judgedFromHistories);
  });

  it('goes on until the time is over when only minutes are given', () => {
    expect(seedsOf({ minutes: 30 }, MINUTE_MS / 10)).toHaveLength(300);
    expect(seedsOf({ minutes: 30, seeds: 20 }, MINUTE_MS / 10)).toHaveLength(20);
    expect(seedsOf({ minutes: 1, seeds: 20 }, MINUTE_MS / 10)).toHaveLength(10);
  });

  it('tells the acts of a file as they were written down', () => {
    const told = { seed: 179, found: ['this "did" not hold'], acts: actsOf(179, 3_600_000) };
    const acts = fileOf(actsFileText(told));
    expect(readActsFile(acts)).toEqual(told);
    expect([...tasksOf({ from: 1, acts, shrinkSeconds: 2 }, () => 0)]).toEqual([{ ...told, shrinkMs: 2_000 }]);
  });

  it.each([
    ['{"acts": []}', 'no seed or no acts'],
    ['{"seed": 1, "acts": [{"kind": "explode"}]}', 'an act that there is no more: explode'],
  ])('tells no acts of %s', (text, reason) => {
    expect(() => readActsFile(fileOf(text))).toThrow(reason);
  });
});
