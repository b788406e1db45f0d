import { describe, expect, it } from 'vitest';
import { type HoldBasis, holdsOf, type OpenCleanup } from '../../../src/domain/cleanup-holds.ts';

const MIB = 1024 ** 2;
const none = { files: 0, bytes: 0 };
const files = (count: number): { files: number; bytes: number } => ({ files: count, bytes: count * MIB });

const basis: HoldBasis = {
  headBlock: 20_000,
  standing: { held: files(1000), deleted: none, gone: none, deletedUnproven: none, unproven: none },
  newestGapEnd: 0,
  mode: 'delete',
  maxPercentPerDay: 5,
};
const due: OpenCleanup = {
  status: 'confirmed',
  sizeBytes: MIB,
  seenBlock: 9,
  dueBlock: 14_419,
  lookBlock: null,
  deletedBlock: null,
  isProven: true,
  isPulled: false,
};
const seen: OpenCleanup = { ...due, status: 'seen', dueBlock: null };
const unproven: OpenCleanup = { ...due, isProven: false };
const among = (changed: Partial<HoldBasis['standing']>): Partial<HoldBasis> => ({
  standing: { ...basis.standing, ...changed },
});

describe('what a cleanup waits for', () => {
  it.each<[string, OpenCleanup, Partial<HoldBasis>, ReturnType<typeof holdsOf>]>([
    ['its turn', due, {}, ['turn']],
    ['the second look', seen, { newestGapEnd: 10 }, ['second-look']],
    ['its grace', { ...due, dueBlock: 20_001 }, {}, ['grace']],
    ['a gap since its close', due, { newestGapEnd: 10 }, ['gap']],
    ['no gap from before its close', due, { newestGapEnd: 9 }, ['turn']],
    ['its pull', { ...due, isPulled: true }, {}, ['pull']],
    ['another try', { ...due, lookBlock: 20_001 }, {}, ['retry']],
    ['the mode', due, { mode: 'dryRun' }, ['dry-run']],
    ['the limit', due, among({ deleted: files(200) }), ['limit']],
    ['no limit when it counts already', { ...due, deletedBlock: 19_000 }, among({ deleted: files(200) }), ['turn']],
    ['no approval while few wait', unproven, among({ unproven: files(30) }), ['turn']],
    ['an approval', unproven, among({ unproven: files(300) }), ['approval']],
    [
      'an approval also before the second look',
      { ...seen, isProven: false },
      among({ unproven: files(300) }),
      ['second-look', 'approval'],
    ],
    ['no approval when proven', due, among({ unproven: files(300) }), ['turn']],
    ['the chain in its outage', due, among({ unproven: files(600) }), ['outage']],
    ['nobody while it is deleted', { ...due, status: 'deleting', isPulled: true }, {}, ['being-deleted']],
  ])('%s', (_, cleanup, changed, holds) => {
    expect(holdsOf(cleanup, { ...basis, ...changed })).toEqual(holds);
  });
});
