import { describe, expect, it, onTestFinished } from 'vitest';
import { Conditions } from '../../../src/runtime/conditions.ts';
import { RestWatch } from '../../../src/runtime/rest-watch.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';

/** A process that takes these shares of a processor after its first ten seconds, one for each five; what it was told afterwards, interval by interval. */
async function told(shares: readonly number[]): Promise<readonly string[]> {
  const clock = new ManualClock();
  let processorMs = 1_000_000;
  const heard: string[] = [];
  const onChange = (resting: boolean): void => void heard.push(resting ? 'rests' : 'works');
  const parts = { clock, conditions: new Conditions(clock), logger: new RecordingLogger() };
  const stop = new AbortController();
  const done = new RestWatch({ ...parts, processorMs: () => processorMs, onChange }).run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await done;
  });
  const byInterval: string[] = [];
  // Starting takes all there is.
  processorMs += 10_000;
  await clock.advance(10_000);
  for (const share of shares) {
    processorMs += share * 5000;
    await clock.advance(5000);
    byInterval.push(heard.splice(0).join(' '));
  }
  return byInterval;
}

describe('work and rest', () => {
  it('are told apart by the processor time taken: work at once, rest after ten quiet seconds', async () => {
    expect(await told([0.02, 0.9, 1.4, 0.02, 0.02, 0.02])).toEqual(['', 'works', '', '', 'rests', '']);
  });

  it('is not rest when there is but a pause in the work', async () => {
    expect(await told([0.9, 0.02, 0.9, 0.02, 0.02])).toEqual(['works', '', '', '', 'rests']);
  });

  it('is not work to start, nor to do a little all the time', async () => {
    expect(await told([0.3, 0.3, 0.3])).toEqual(['', '', '']);
  });
});
