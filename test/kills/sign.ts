import type { Moment, Moments } from '../support/e2e/moments.ts';
import type { Aim } from './phases.ts';
import type { PlannedKill } from './plan.ts';

const fits: Readonly<Record<Aim, (moment: Moment) => boolean>> = {
  anywhere: (moment) => /^(?:chain|sworker|ipfs) /u.test(moment),
  migrate: (moment) => /^file .*\.before-migration\.sqlite$/u.test(moment),
  backup: (moment) => /^file .*\.partial$/u.test(moment),
  // Nothing but a checkpoint writes into the file itself.
  checkpoint: (moment) => moment === 'file smanager-db.sqlite',
  delete: (moment) => moment === 'sworker storage/delete',
  seal: (moment) => moment === 'sworker storage/seal_end',
  // It is on its way still.
  claim: (moment) => moment === 'ipfs pin/add',
  GC: (moment) => moment === 'ipfs repo/gc',
  pull: (moment) => moment === 'ipfs pin/add' || moment === 'sworker storage/seal',
  walk: (moment) => moment === 'walk',
  'catch-up': (moment) => moment === 'chain state_getStorage',
};

/** No further sign comes so long after the first. */
const afterFirstBlocks = 12;
/** No sign comes at all. Two collections of garbage lie a minute and some waiting apart. */
const patienceBlocks = 320;

/**
 * Resolves, while the call is not answered yet, at the planned sign, or when no other one came for some blocks; rejects when there was none at all
 * for very many.
 */
export async function untilSign(
  { aim, count }: Pick<PlannedKill, 'aim' | 'count'>,
  moments: Pick<Moments, 'on'>,
): Promise<void> {
  let [found, blocks] = [0, 0];
  await new Promise<void>((resolve, reject) => {
    const unsubscribe = moments.on((moment) => {
      if (moment === 'block') blocks += 1;
      if (fits[aim](moment)) {
        found += 1;
        if (found === 1) blocks = 0;
      }
      const isOver = blocks >= (found > 0 ? afterFirstBlocks : patienceBlocks);
      if (found < count && !isOver) return;
      unsubscribe();
      if (found > 0) resolve();
      else reject(new Error(`no sign of ${aim} within ${patienceBlocks} blocks`));
    });
  });
}
