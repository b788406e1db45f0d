import type { SeededRandom } from '../../../devnet/chain/seeded-random.ts';
import type { Moment, Moments } from './moments.ts';

interface KillPlan {
  /** In words, for the log. */
  readonly text: string;
  readonly fits: (moment: Moment) => boolean;
  /** The how-manieth that fits. */
  readonly count: number;
}

/** A life ends after so many blocks of the chain at the latest. */
const LONGEST_LIFE_BLOCKS = 24;

const ANY_CALL = 'call';

/** What a kill waits for, the highest count of it that is drawn, and how often it is drawn. */
const PLANS = [
  { what: ANY_CALL, most: 600, weight: 3 },
  { what: 'block', most: LONGEST_LIFE_BLOCKS, weight: 1 },
  { what: 'ipfs pin/add', most: 8, weight: 2 },
  { what: 'sworker storage/seal', most: 50, weight: 3 },
  { what: 'sworker storage/seal_end', most: 4, weight: 2 },
  { what: 'sworker file/info', most: 10, weight: 1 },
  { what: 'sworker storage/delete', most: 1, weight: 1 },
] as const;

/** When a bot is to be killed: at any call, early and late ones alike, or at one of those around which something changes hands. */
export function drawKill(random: SeededRandom): KillPlan {
  const lots = PLANS.flatMap((plan) => Array.from({ length: plan.weight }, () => plan));
  const { what, most } = lots[random.between(0, lots.length - 1)] ?? PLANS[0];
  const count = Math.ceil(Math.exp(random.fraction() * Math.log(most)));
  const fits = (moment: Moment) => (what === ANY_CALL ? moment !== 'block' : moment === what);
  return { text: `${what} ${count}`, fits, count };
}

/** Calls `kill` at the planned moment, before the call that makes it is answered, or when the life has become too long. */
export async function killAt(plan: KillPlan, moments: Moments, kill: () => void): Promise<void> {
  let [fitting, blocks] = [0, 0];
  await new Promise<void>((resolve) => {
    const unsubscribe = moments.on((moment) => {
      if (moment === 'block') blocks += 1;
      if (plan.fits(moment)) fitting += 1;
      if (fitting < plan.count && blocks < LONGEST_LIFE_BLOCKS) return;
      unsubscribe();
      kill();
      resolve();
    });
  });
}
