import { describe, expect, it } from 'vitest';
import { RunningPull } from '../../../src/pull/run/running-pull.ts';
import { pullWorld } from '../../support/pull-world.ts';

const hourMs = 3_600_000;

async function runningPull(): Promise<RunningPull> {
  const world = await pullWorld();
  await world.add('a');
  const { id } = await world.order('a');
  const permit = await world.store.pulls.claim({
    orderId: id,
    cid: 'a',
    sizeBytes: 1_000_000,
    orderClass: 'new',
    attempts: 0,
    startedMs: 1,
    startedBlock: 1,
    pinnedBefore: false,
  });
  if (permit === undefined) throw new Error('not claimed');
  return new RunningPull(permit, 0, 0, 1e12);
}

const hour = { spanMs: hourMs, held: false };

describe('the ceiling of a running pull', () => {
  it('counts no hour in which sWorker could not be asked', async () => {
    const pull = await runningPull();
    pull.noteEntry(400_000);
    for (let hours = 0; hours < 20; hours++) expect(pull.judge({ ...hour, sealedKnown: false })).toBeUndefined();
    expect(pull.judge({ ...hour, sealedKnown: true })).toBeUndefined();
  });

  it('ends a pull that was seen to seal nothing for that long', async () => {
    const pull = await runningPull();
    pull.noteEntry(400_000);
    expect(pull.judge({ ...hour, sealedKnown: true })).toBeUndefined();
    expect(pull.judge({ ...hour, sealedKnown: true })).toBe('ceiling');
  });
});
