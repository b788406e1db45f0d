import { describe, expect, it } from 'vitest';
import type { EndReason, OrderNext } from '../../../src/domain/pull-ends.ts';
import { classifyEnd } from '../../../src/pull/rules/classify-end.ts';
import type { PinAnswer, RefusedStage, SealState } from '../../../src/pull/rules/end-types.ts';
import type { Circumstances } from '../../../src/pull/rules/hidden-codes.ts';

const calm: Circumstances = {
  limitsReached: false,
  sworkerFailedLately: false,
  othersDropped: false,
  noSpaceNow: false,
  severalEnded: false,
  suspiciousInARow: 0,
  interruptedInADay: 0,
};
const pinned: PinAnswer = { kind: 'pinned' };
const lost: PinAnswer = { kind: 'lost', message: 'socket hang up' };
const refused = (stage: RefusedStage, httpStatus?: number, code?: number): PinAnswer => ({
  kind: 'refused',
  stage,
  httpStatus,
  code,
  message: 'pin: …',
});
const aborted = (why: Extract<PinAnswer, { kind: 'aborted' }>['why']): PinAnswer => ({ kind: 'aborted', why });
const attempt: OrderNext = { kind: 'attempt' };
const retry = (afterBlocks: number): OrderNext => ({ kind: 'retry', afterBlocks });

/** What came, what sWorker says, what was known besides → reason, counts, next. */
type Row = readonly [string, PinAnswer, SealState, Partial<Circumstances>, EndReason, boolean, OrderNext];

const table: readonly Row[] = [
  ['200, valid', pinned, 'valid', {}, 'sealed', false, { kind: 'handled' }],
  ['200, lost', pinned, 'lost', {}, 'sealed', false, { kind: 'handled' }],
  ['8012, valid', refused('start-seal', 200, 8012), 'valid', {}, 'sealed', false, { kind: 'handled' }],
  ['a stall whose file is valid', aborted('stall'), 'valid', {}, 'sealed', false, { kind: 'handled' }],
  ['a lost connection whose file is valid', lost, 'valid', {}, 'sealed', false, { kind: 'handled' }],
  ['200 and 404', pinned, 'absent', {}, 'not-sealed', true, attempt],
  ['8012 and 404', refused('start-seal', 200, 8012), 'absent', {}, 'refused', true, attempt],
  ['stall', aborted('stall'), 'absent', {}, 'stall', true, attempt],
  ['ceiling', aborted('ceiling'), 'absent', {}, 'ceiling', true, attempt],
  ['root not found', refused('resolve'), 'absent', {}, 'root-not-found', true, attempt],
  ['8017', refused('end-seal', 500), 'absent', {}, 'incomplete', true, attempt],
  ['another 500', refused('other'), 'absent', {}, 'refused', true, attempt],
  ['oversize', aborted('oversize'), 'pending', {}, 'oversize', false, { kind: 'bad-size' }],
  ['8013', refused('start-seal', 200, 8013), 'pending', {}, 'already-pending', false, retry(100)],
  ['200 while another seals it', pinned, 'pending', {}, 'already-pending', false, retry(100)],
  ['8014', refused('start-seal', 400), 'absent', {}, 'being-deleted', false, retry(600)],
  ['4020', refused('start-seal', 500), 'absent', { limitsReached: true }, 'sworker-full', false, retry(0)],
  ['start 500 below the limits', refused('start-seal', 500), 'absent', {}, 'refused', true, attempt],
  [
    'seal 500 without space',
    refused('seal', 500),
    'absent',
    { noSpaceNow: true },
    'no-space',
    false,
    { kind: 'no-space' },
  ],
  [
    'seal 500 after silence',
    refused('seal', 500),
    'absent',
    { sworkerFailedLately: true, noSpaceNow: true },
    'seal-dropped',
    false,
    retry(0),
  ],
  [
    'seal 500 with others',
    refused('seal', 500),
    'absent',
    { othersDropped: true, severalEnded: true },
    'restart-of-several',
    false,
    retry(0),
  ],
  ['seal 500 alone', refused('seal', 500), 'absent', {}, 'refused', true, attempt],
  ['start 501', refused('start-seal', 501), 'absent', {}, 'sworker-upgrading', false, retry(0)],
  ['start 503', refused('start-seal', 503), 'absent', {}, 'sworker-upgrading', false, retry(0)],
  ['seal 503 (10010)', refused('seal', 503), 'absent', {}, 'sworker-upgrading', false, retry(0)],
  ['end 503 (10010)', refused('end-seal', 503), 'absent', {}, 'sworker-upgrading', false, retry(0)],
  ['end 404 (8005)', refused('end-seal', 404), 'absent', {}, 'seal-dropped', false, retry(0)],
  ['daemon lost', lost, 'absent', {}, 'connection-lost', false, { kind: 'staggered' }],
  [
    'daemon lost with others',
    lost,
    'absent',
    { severalEnded: true },
    'restart-of-several',
    false,
    { kind: 'staggered' },
  ],
  ['sWorker lost by the daemon', refused('sworker-away'), 'absent', {}, 'connection-lost', false, retry(0)],
  ['200 while sWorker is away', pinned, 'away', {}, 'sworker-away', false, retry(0)],
  ['a stall while sWorker is away', aborted('stall'), 'away', {}, 'sworker-away', false, retry(0)],
  ['another 500 while sWorker is away', refused('other'), 'away', {}, 'sworker-away', false, retry(0)],
  ['200 while sWorker upgrades', pinned, 'upgrading', {}, 'sworker-upgrading', false, retry(0)],
  ['our own stop', aborted('stopped'), 'away', {}, 'stopped', false, retry(0)],
  ['its pin not made anew on a full disk', aborted('disk-full'), 'away', {}, 'disk-full', false, retry(0)],
  ['close confirmed', aborted('closed'), 'pending', {}, 'closed', false, { kind: 'closed' }],
];

describe('the end of a pull', () => {
  it.each(table)('%s', (_name, answer, seal, known, reason, isAttempt, next) => {
    const end = classifyEnd(answer, seal, { ...calm, ...known });
    expect(end).toMatchObject({ reason, countsAsAttempt: isAttempt, next });
  });

  it.each(table)(
    '%s: the record is held, failed by an attempt, or interrupted',
    (_name, answer, seal, known, reason, isAttempt) => {
      const held = seal === 'lost' ? 'lost' : 'sealed';
      const open = isAttempt || reason === 'oversize' ? 'failed' : 'interrupted';
      const { recordStatus } = classifyEnd(answer, seal, { ...calm, ...known });
      expect(recordStatus).toBe(reason === 'sealed' ? held : open);
    },
  );

  it.each([
    ['8005', refused('end-seal', 404), {}],
    ['8016', refused('seal', 500), { noSpaceNow: true }],
    ['a lost connection', lost, {}],
  ] as const)('by %s is an attempt from the fourth in a row', (_name, answer, known) => {
    const third = classifyEnd(answer, 'absent', { ...calm, ...known, suspiciousInARow: 2 });
    const fourth = classifyEnd(answer, 'absent', { ...calm, ...known, suspiciousInARow: 3 });
    expect([third.countsAsAttempt, fourth.countsAsAttempt]).toEqual([false, true]);
    expect(fourth.next).toEqual(attempt);
  });

  it('by a restart of several or our own stop is never an attempt', () => {
    const worst = { ...calm, suspiciousInARow: 9, interruptedInADay: 9, severalEnded: true };
    for (const answer of [lost, refused('seal', 500), aborted('stopped'), aborted('disk-full')])
      expect(classifyEnd(answer, 'absent', { ...worst, othersDropped: true }).countsAsAttempt).toBe(false);
  });

  it('by the fourth interruption in a day waits an hour', () => {
    for (const answer of [lost, refused('end-seal', 404), aborted('stopped')]) {
      expect(classifyEnd(answer, 'absent', { ...calm, interruptedInADay: 2 }).next).not.toEqual(retry(600));
      expect(classifyEnd(answer, 'absent', { ...calm, interruptedInADay: 3 }).next).toEqual(retry(600));
    }
  });

  it('holds all pulls back only when sWorker is full or upgrades', () => {
    const holds = table.map(([, answer, seal, known, reason]) => [
      reason,
      classifyEnd(answer, seal, { ...calm, ...known }).hold,
    ]);
    for (const [reason, hold] of holds)
      expect(hold).toBe(reason === 'sworker-full' || reason === 'sworker-upgrading' ? reason : 'none');
  });

  it('keeps what came, shortened, for people', () => {
    const end = classifyEnd({ kind: 'lost', message: 'x'.repeat(1000) }, 'absent', calm);
    expect(end.detail).toHaveLength(300);
  });
});
