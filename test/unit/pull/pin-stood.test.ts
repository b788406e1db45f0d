import { describe, expect, it } from 'vitest';
import type { PinAnswer } from '../../../src/pull/rules/end-types.ts';
import { pinStood } from '../../../src/pull/rules/pin-stood.ts';

const refused = (stage: (PinAnswer & { kind: 'refused' })['stage']): PinAnswer => ({
  kind: 'refused',
  stage,
  message: 'm',
});

describe('whether the pin stood before a pull', () => {
  it.each<[string, PinAnswer, number, boolean, boolean | null]>([
    ['answered at once, nothing walked, nothing sealed', { kind: 'pinned' }, 0, false, true],
    ['walked', { kind: 'pinned' }, 7, false, false],
    ['sealed by it', { kind: 'pinned' }, 0, true, false],
    ['walked until the connection was lost', { kind: 'lost', message: 'm' }, 1, false, false],
    ['walked until it was given up', { kind: 'aborted', why: 'stall' }, 3, false, false],
    ['refused by sWorker, which is not asked about a pin that stands', refused('start-seal'), 0, false, false],
    ['refused because sWorker was away', refused('sworker-away'), 0, false, false],
    ['lost before anything was seen', { kind: 'lost', message: 'm' }, 0, false, null],
    ['stopped before anything was seen', { kind: 'aborted', why: 'stopped' }, 0, false, null],
    ['not found in the network', refused('resolve'), 0, false, null],
    ['refused for a reason nobody knows', refused('other'), 0, false, null],
  ])('%s', (_, answer, blocks, sealed, stood) => {
    expect(pinStood(answer, blocks, sealed)).toBe(stood);
  });
});
