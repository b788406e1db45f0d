import { readFileSync } from 'node:fs';
import { type Act, actKinds } from './acts.ts';

/** A history apart from what its seed would tell today. */
export interface ToldHistory {
  /** Of the world: its finality, its nodes, its bot's configuration, what statements fail. */
  readonly seed: number;
  /** What did not hold when it was written down. */
  readonly found: readonly string[];
  readonly acts: readonly Act[];
}

/** @throws Error when the file is none, or of acts that there are no more */
export function readActsFile(file: string): ToldHistory {
  const told = JSON.parse(readFileSync(file, 'utf8')) as Partial<ToldHistory>;
  const { seed, found = [], acts } = told;
  if (seed === undefined || acts === undefined) throw new Error(`${file} has no seed or no acts`);
  const unknown = acts.find(({ kind }) => !actKinds.includes(kind));
  if (unknown !== undefined) throw new Error(`${file} has an act that there is no more: ${unknown.kind}`);
  return { seed, found, acts };
}

export function actsFileText({ seed, found, acts }: ToldHistory): string {
  const lines = acts.map((act) => `    ${JSON.stringify(act)}`);
  return `{\n  "seed": ${seed},\n  "found": ${JSON.stringify(found)},\n  "acts": [\n${lines.join(',\n')}\n  ]\n}\n`;
}
