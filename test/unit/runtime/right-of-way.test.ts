import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { RightOfWay, type Yielding } from '../../../src/runtime/right-of-way.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { deferred } from '../clients-chain/deferred.ts';

class Stream implements Yielding {
  readonly told: string[] = [];

  pause(): void {
    this.told.push('pause');
  }

  resume(): void {
    this.told.push('resume');
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
}

function world(): { clock: ManualClock; rightOfWay: RightOfWay; stream: Stream } {
  const clock = new ManualClock();
  const rightOfWay = new RightOfWay(clock);
  const stream = new Stream();
  rightOfWay.add(stream);
  return { clock, rightOfWay, stream };
}

it('holds what yields while urgent work is under way, and no longer, also when it fails', async () => {
  const { clock, rightOfWay, stream } = world();
  const work = deferred<string>();
  const done = rightOfWay.during(async () => await work.promise);
  expect(stream.told).toEqual(['pause']);
  work.resolve('done');
  expect(await done).toBe('done');
  await turns();
  expect(stream.told).toEqual(['pause', 'resume']);
  await expect(
    rightOfWay.during(async () => {
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  await turns();
  expect(stream.told).toEqual(['pause', 'resume', 'pause', 'resume']);
  expect(clock.sleeping).toBe(0);
});

it('goes on holding between pieces of work that follow at once', async () => {
  const { rightOfWay, stream } = world();
  for (let piece = 0; piece < 3; piece += 1) await rightOfWay.during(async () => await Promise.resolve());
  expect(stream.told).toEqual(['pause']);
  await turns();
  expect(stream.told).toEqual(['pause', 'resume']);
});

it('lets what yields go on after 50 ms, for as long, however much is urgent', async () => {
  const { clock, rightOfWay, stream } = world();
  const work = deferred<void>();
  const done = rightOfWay.during(async () => await work.promise);
  await clock.advance(49);
  expect(stream.told).toEqual(['pause']);
  await clock.advance(1);
  expect(stream.told).toEqual(['pause', 'resume']);
  await rightOfWay.during(async () => await Promise.resolve());
  await clock.advance(49);
  expect(stream.told).toEqual(['pause', 'resume']);
  await clock.advance(1);
  expect(stream.told).toEqual(['pause', 'resume', 'pause']);
  work.resolve();
  await done;
  await turns();
  expect(stream.told).toEqual(['pause', 'resume', 'pause', 'resume']);
});

it('holds a newcomer too, and forgets who has left', async () => {
  const { rightOfWay, stream } = world();
  const work = deferred<void>();
  const done = rightOfWay.during(async () => await work.promise);
  const late = new Stream();
  const leave = rightOfWay.add(late);
  expect(late.told).toEqual(['pause']);
  leave();
  work.resolve();
  await done;
  await turns();
  expect(late.told).toEqual(['pause']);
  expect(stream.told).toEqual(['pause', 'resume']);
});
