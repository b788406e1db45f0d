import type { SeededRandom } from '../../devnet/chain/seeded-random.ts';
import { type Aim, type Phase, phases } from './phases.ts';

export interface PlannedKill {
  readonly aim: Aim;
  /** The database is of the first schema and the bot is killed before it has brought it to its own. */
  readonly isOld: boolean;
  /** The how-manieth sign of the aim is waited for. */
  readonly count: number;
  /** Between that sign and the kill. */
  readonly delayMs: number;
  /** The command that works beside the bot, if there is one, dies with it. */
  readonly killsCommand: boolean;
}

/** A run with so many kills or more must have met every phase. */
export const judgedFromKills = 2 * phases.length;

/** A tenth of the kills is aimed at each phase, but for this part, which is aimed at what costs little time. */
const freePart = 0.25;
const free: readonly Aim[] = ['anywhere', 'anywhere', 'checkpoint', 'walk', 'catch-up', 'claim', 'pull', 'seal'];

/** The most signs that are waited for, and the longest time after them. */
const reach: Readonly<Record<Aim, { readonly count: number; readonly delayMs: number }>> = {
  anywhere: { count: 600, delayMs: 20 },
  migrate: { count: 1, delayMs: 70 },
  backup: { count: 12, delayMs: 30 },
  checkpoint: { count: 3, delayMs: 12 },
  delete: { count: 1, delayMs: 25 },
  seal: { count: 2, delayMs: 30 },
  claim: { count: 3, delayMs: 25 },
  GC: { count: 1, delayMs: 8 },
  pull: { count: 12, delayMs: 200 },
  walk: { count: 3, delayMs: 25 },
  'catch-up': { count: 700, delayMs: 60 },
};

/** Which kills a run has, in their order: the same ones for the same numbers. Those on the old database come first: there is no way back to it. */
export function planKills(random: SeededRandom, kills: number): readonly PlannedKill[] {
  const eachPhase = Math.max(1, Math.floor((kills * (1 - freePart)) / phases.length));
  const rarest = phases.flatMap((phase) => Array.from({ length: eachPhase }, () => phase)).slice(0, kills);
  const ownBackups = Math.ceil(eachPhase / 2);
  const old: readonly Phase[] = [
    ...rarest.filter((phase) => phase === 'migrate'),
    ...rarest.filter((phase) => phase === 'backup').slice(0, ownBackups),
  ];
  const others: readonly Aim[] = [
    ...rarest.filter((phase) => phase !== 'migrate' && phase !== 'backup' && phase !== 'GC'),
    ...rarest.filter((phase) => phase === 'backup').slice(ownBackups),
    ...Array.from({ length: kills - rarest.length }, () => oneOf(free, random)),
  ];
  const collections = rarest.filter((phase) => phase === 'GC');
  return [
    ...shuffled(old, random).map((aim) => planned(aim, true, random)),
    ...withRun(shuffled(others, random), collections, random).map((aim) => planned(aim, false, random)),
  ];
}

/** One more kill; the database is of the newest schema by then. */
export function planOneMore(aim: Exclude<Aim, 'migrate'>, random: SeededRandom): PlannedKill {
  return planned(aim, false, random);
}

/** Until a collection is done no pull starts, in later lives neither: so those of all kills stand together. */
function withRun(aims: readonly Aim[], run: readonly Aim[], random: SeededRandom): readonly Aim[] {
  const at = random.between(0, aims.length);
  return [...aims.slice(0, at), ...run, ...aims.slice(at)];
}

/** Early signs more often than late ones: half of the draws lie below the root of the most. */
function planned(aim: Aim, isOld: boolean, random: SeededRandom): PlannedKill {
  const { count, delayMs } = reach[aim];
  return {
    aim,
    isOld,
    count: Math.floor(Math.exp(random.fraction() * Math.log(count + 1))),
    delayMs: Math.round(random.fraction() * delayMs),
    killsCommand: random.fraction() < 0.5,
  };
}

function shuffled<T>(values: readonly T[], random: SeededRandom): readonly T[] {
  return values
    .map((value) => ({ value, order: random.next() }))
    .sort((a, b) => a.order - b.order)
    .map(({ value }) => value);
}

function oneOf<T>(values: readonly T[], random: SeededRandom): T {
  const value = values[random.between(0, values.length - 1)];
  if (value === undefined) throw new RangeError('nothing to choose from');
  return value;
}
