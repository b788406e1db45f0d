import { SeededRandom } from '../../devnet/chain/seeded-random.ts';
import { HOUR_MS, MIB, MINUTE_MS, SECOND_MS } from '../../src/domain/units.ts';
import type { Part } from '../support/sim/call-desk.ts';
import type { SingleFailure } from './database-troubles.ts';

/** What the node is configured to take. */
export const sizeLimitsMib = { min: 0.5, max: 100 };

const fileNatures = ['quick', 'slow', 'unreachable', 'stalling'] as const;

/** `pick` chooses among the files there are when the act comes, the same one whichever others there are; nothing happens when there is none. */
interface Pick<K extends string> {
  readonly kind: K;
  readonly pick: number;
}

/** Passes by itself after so long. */
interface Passing<K extends string> {
  readonly kind: K;
  readonly forMs: number;
}

/** `run`: the bot works at the pace of its own timers. `leap`: idle time is skipped, the machine stands still while the world goes on. */
export type BotAct =
  | { readonly kind: 'run' | 'leap'; readonly ms: number }
  | { readonly kind: 'kill' | 'stop' }
  | { readonly kind: 'die'; readonly steps: number };

export type OrderAct =
  | {
      readonly kind: 'order';
      /** Of the CID. */
      readonly seed: number;
      readonly whose: 'ours' | 'theirs';
      readonly nature: (typeof fileNatures)[number];
      readonly sizeBytes: number;
    }
  | Pick<
      'calculate' | 'reorder' | 'order-again' | 'close' | 'close-and-reorder' | 'lose' | 'recover' | 'forget' | 'unpin'
    >;

export type OutsideAct =
  | { readonly kind: 'restart-sworker' | 'upgrade-runtime' | 'seal-by-hand' }
  | (Passing<'away'> & { readonly part: Part })
  | Passing<'crash-ipfs' | 'upgrade-sworker'>
  | (Passing<'step-clock'> & { readonly byMs: number });

/** The chain, or one of its nodes, does not go on. */
export type ChainAct = Passing<'pause-finality' | 'pause-blocks' | 'sync'>;

/** From now on so many of a thousand answers are spoilt, or answers come in another order than the questions were asked in. */
export type AnswersAct =
  | { readonly kind: 'faults'; readonly perMille: number; readonly seed: number }
  | { readonly kind: 'reorder-answers'; readonly seed: number };

/**
 * The bot's disk has no room or is slow, or another program has its database locked, for a while; or one statement fails, the so-manieth from here on that could.
 */
export type DatabaseAct =
  | Passing<'disk-full' | 'disk-slow' | 'locked'>
  | ({ readonly kind: 'statement-fails' } & SingleFailure);

/** One thing that happens in a history. Acts know each other by nothing but their order, so any of them can be left out. */
export type Act = BotAct | OrderAct | OutsideAct | ChainAct | AnswersAct | DatabaseAct;

export type ActKind = Act['kind'];

type Draw = (random: SeededRandom) => Act;

const parts: readonly Part[] = ['chain', 'sworker', 'ipfs', 'coordinator', 'telemetry'];
const outageMs = (random: SeededRandom): number => random.between(10, 3_600) * SECOND_MS;

/** The bot ends of it and is started again each second, so that an hour would be thousands of starts. */
const troubleMs = (random: SeededRandom): number => random.between(1, 20) * SECOND_MS;

/** Every act but the passing of time, and how often it is drawn. */
const draws: readonly (readonly [number, Draw])[] = [
  [14, drawOrder],
  [7, (random) => ({ kind: 'reorder', pick: random.next() })],
  [14, (random) => ({ kind: 'close', pick: random.next() })],
  [2, (random) => ({ kind: 'close-and-reorder', pick: random.next() })],
  [4, (random) => ({ kind: 'order-again', pick: random.next() })],
  [2, (random) => ({ kind: 'calculate', pick: random.next() })],
  [2, (random) => ({ kind: 'lose', pick: random.next() })],
  [1, (random) => ({ kind: 'recover', pick: random.next() })],
  [1, (random) => ({ kind: 'forget', pick: random.next() })],
  [3, (random) => ({ kind: 'unpin', pick: random.next() })],
  [2, () => ({ kind: 'kill' })],
  [4, (random) => ({ kind: 'die', steps: random.between(1, 300) })],
  [1, () => ({ kind: 'stop' })],
  [1, () => ({ kind: 'restart-sworker' })],
  [4, () => ({ kind: 'seal-by-hand' })],
  [0.3, () => ({ kind: 'upgrade-runtime' })],
  [2, (random) => ({ kind: 'away', part: parts[random.between(0, 4)] ?? 'chain', forMs: outageMs(random) })],
  [1, (random) => ({ kind: 'crash-ipfs', forMs: random.between(1, 600) * SECOND_MS })],
  [1, (random) => ({ kind: 'upgrade-sworker', forMs: random.between(1, 600) * SECOND_MS })],
  [0.7, (random) => ({ kind: 'pause-finality', forMs: outageMs(random) })],
  [0.7, (random) => ({ kind: 'pause-blocks', forMs: outageMs(random) })],
  [0.7, (random) => ({ kind: 'sync', forMs: outageMs(random) })],
  [1, (random) => ({ kind: 'step-clock', byMs: random.between(-3_600, 3_600) * SECOND_MS, forMs: outageMs(random) })],
  [
    5,
    (random) => ({
      kind: 'faults',
      perMille: random.fraction() < 0.4 ? 0 : random.between(1, 80),
      seed: random.next(),
    }),
  ],
  [1, (random) => ({ kind: 'reorder-answers', seed: random.next() })],
  [1, (random) => ({ kind: 'disk-full', forMs: troubleMs(random) })],
  [3, (random) => ({ kind: 'disk-slow', forMs: outageMs(random) })],
  [1, (random) => ({ kind: 'locked', forMs: troubleMs(random) })],
  [
    3,
    (random) => ({
      kind: 'statement-fails',
      code: random.fraction() < 0.5 ? 'SQLITE_FULL' : 'SQLITE_IOERR',
      at: random.fraction() < 0.3 ? 'commit' : 'any',
      after: random.between(1, 100),
    }),
  ],
];

export const actKinds: readonly ActKind[] = [
  'run',
  'leap',
  ...new Set(draws.map(([, draw]) => draw(new SeededRandom(1)).kind)),
];

const totalWeight = draws.reduce((sum, [weight]) => sum + weight, 0);

/** The acts of one seed's history: so long that `durationMs` of the chain's time pass. */
export function actsOf(seed: number, durationMs: number): readonly Act[] {
  const random = new SeededRandom(seed);
  const acts: Act[] = [];
  let atMs = 0;
  while (atMs < durationMs) {
    for (let left = random.between(0, 3); left > 0; left -= 1) acts.push(drawAct(random));
    const time = drawTime(random);
    atMs += time.ms;
    acts.push(time);
  }
  return acts;
}

function drawAct(random: SeededRandom): Act {
  let at = random.fraction() * totalWeight;
  for (const [weight, draw] of draws) {
    at -= weight;
    if (at < 0) return draw(random);
  }
  return { kind: 'kill' };
}

function drawTime(random: SeededRandom): Act & { readonly ms: number } {
  const kind = random.fraction();
  if (kind < 0.5) return { kind: 'run', ms: random.between(1, 12) * SECOND_MS };
  if (kind < 0.97) return { kind: 'leap', ms: random.between(1, 180) * MINUTE_MS };
  // Longer than the node keeps state.
  return { kind: 'leap', ms: random.between(4, 7) * HOUR_MS };
}

function drawOrder(random: SeededRandom): Act {
  const whose = random.fraction() < 0.75 ? 'ours' : 'theirs';
  const odd = random.fraction();
  const nature = odd < 0.7 ? 'quick' : (fileNatures[random.between(1, 3)] ?? 'quick');
  return { kind: 'order', seed: random.next(), whose, nature, sizeBytes: drawSize(random) };
}

/** Some are smaller or larger than this node takes. */
function drawSize(random: SeededRandom): number {
  const odd = random.fraction();
  if (odd < 0.04) return MIB / 4;
  return (odd < 0.08 ? 200 : random.between(1, 64)) * MIB;
}
