import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type FileState,
  type Finding,
  findingOf,
  type ReconcileClass,
  reconcileClasses,
  remedies,
} from '../../../src/domain/reconcile.ts';
import { fileStates } from '../../support/file-states.ts';

const anyState = fc.constantFrom(...fileStates);
const isOrdered = ({ order }: FileState): boolean => order !== 'none' && order !== 'closed';
const isHere = ({ sworker }: FileState): boolean => sworker === 'valid' || sworker === 'lost';

/** What each class says of a file, told apart from how it is found. */
const meanings: Readonly<Record<ReconcileClass, (state: FileState) => boolean>> = {
  'held-without-order': (state) => isHere(state) && !isOrdered(state),
  'handled-not-held': (state) => state.sworker === 'none' && (state.order === 'handled' || state.record === 'held'),
  'sealed-not-pinned': (state) =>
    state.sworker === 'valid' && isOrdered(state) && state.pin === 'none' && state.record === 'held',
  'pinned-not-sealed': (state) =>
    state.sworker === 'none' && state.pin === 'own' && state.order !== 'handled' && state.record !== 'held',
  'pending-without-record': (state) => state.sworker === 'pending',
  lost: (state) => state.sworker === 'lost' && isOrdered(state),
};

const isBusy = (state: FileState): boolean =>
  state.hasMoved || state.isCleaning || state.record === 'running' || state.order === 'pulling';

describe('the class of a file', () => {
  it('is the one whose meaning holds, or none, for every combination of the sources', () => {
    expect(fileStates.length).toBe(8 * 4 * 4 * 3 * 2 * 2);
    for (const state of fileStates) {
      const holding = reconcileClasses.filter((name) => !isBusy(state) && meanings[name](state));
      expect(holding.length, JSON.stringify(state)).toBeLessThanOrEqual(1);
      expect(findingOf(state)?.class, JSON.stringify(state)).toBe(holding[0]);
    }
  });

  it('has members, each of them', () => {
    const found = new Set(fileStates.flatMap((state) => findingOf(state)?.class ?? []));
    expect([...found].sort()).toEqual([...reconcileClasses].sort());
  });

  it.each<[FileState, Finding | undefined]>([
    [state({ order: 'handled', record: 'held', sworker: 'valid', pin: 'own' }), undefined],
    [state({ order: 'handled', record: 'held', sworker: 'valid', pin: 'other' }), undefined],
    [
      state({ order: 'handled', record: 'held', sworker: 'valid' }),
      { class: 'sealed-not-pinned', remedy: 'pin-again' },
    ],
    [state({ sworker: 'valid' }), { class: 'held-without-order', remedy: 'report' }],
    [
      state({ order: 'closed', record: 'held', sworker: 'lost' }),
      { class: 'held-without-order', remedy: 'begin-cleanup' },
    ],
    [state({ order: 'closed', sworker: 'valid' }), { class: 'held-without-order', remedy: 'seal-updater' }],
    [state({ order: 'handled' }), { class: 'handled-not-held', remedy: 'decide-anew' }],
    [state({ order: 'handled', record: 'held' }), { class: 'handled-not-held', remedy: 'seal-updater' }],
    [state({ order: 'handled', record: 'held', sworker: 'lost' }), { class: 'lost', remedy: 'seal-updater' }],
    [state({ order: 'failed', record: 'ended', pin: 'own' }), { class: 'pinned-not-sealed', remedy: 'next-pull' }],
    [state({ order: 'closed', record: 'ended', pin: 'own' }), { class: 'pinned-not-sealed', remedy: 'begin-unpin' }],
    [state({ order: 'none', record: 'ended', pin: 'own' }), { class: 'pinned-not-sealed', remedy: 'report' }],
    [state({ order: 'queued', record: 'ended', pin: 'other' }), undefined],
    [state({ sworker: 'pending' }), { class: 'pending-without-record', remedy: 'report' }],
    [
      state({ order: 'queued', record: 'ended', sworker: 'pending' }),
      { class: 'pending-without-record', remedy: 'next-pull' },
    ],
    // The seal updater writes its record first.
    [state({ order: 'queued', sworker: 'valid' }), undefined],
  ])('of %j is %j', (found, expected) => {
    expect(findingOf(found)).toEqual(expected);
  });
});

describe('what is done', () => {
  it('is never a deletion', () => {
    expect([...remedies]).toEqual([
      'decide-anew',
      'begin-cleanup',
      'begin-unpin',
      'pin-again',
      'seal-updater',
      'next-pull',
      'report',
    ]);
  });

  it('begins the cleanup of a pin only where a pull of ours made it, the order is closed and sWorker has nothing of it', () => {
    fc.assert(
      fc.property(anyState, (found) => {
        if (findingOf(found)?.remedy !== 'begin-unpin') return;
        expect([found.order, found.record === 'held', found.sworker, found.pin]).toEqual([
          'closed',
          false,
          'none',
          'own',
        ]);
      }),
      { numRuns: 2000 },
    );
  });

  it('begins a cleanup only where sWorker, a record and a closed order agree, whatever the others say', () => {
    fc.assert(
      fc.property(anyState, (found) => {
        if (findingOf(found)?.remedy !== 'begin-cleanup') return;
        expect([found.order, found.record, isHere(found)]).toEqual(['closed', 'held', true]);
      }),
      { numRuns: 2000 },
    );
  });

  it('decides anew only where neither sWorker nor a record has the file', () => {
    fc.assert(
      fc.property(anyState, (found) => {
        if (findingOf(found)?.remedy !== 'decide-anew') return;
        expect([found.order, found.sworker]).toEqual(['handled', 'none']);
        expect(found.record).not.toBe('held');
      }),
      { numRuns: 2000 },
    );
  });

  it('pins again only what sWorker has sealed for an order that lives, and nobody works on', () => {
    fc.assert(
      fc.property(anyState, (found) => {
        if (findingOf(found)?.remedy !== 'pin-again') return;
        expect([found.record, found.sworker, found.pin]).toEqual(['held', 'valid', 'none']);
        expect([isOrdered(found), isBusy(found)]).toEqual([true, false]);
      }),
      { numRuns: 2000 },
    );
  });

  it('does not change by one source alone into something that could end in a deletion', () => {
    const one = fc.constantFrom('order', 'record', 'sworker', 'pin' as const);
    fc.assert(
      fc.property(anyState, anyState, one, (agreed, other, source) => {
        // A file that all sources agree is held for a live order.
        const live: FileState = { ...agreed, order: 'handled', record: 'held', sworker: 'valid', pin: 'own' };
        const lied: FileState = { ...live, [source]: other[source as keyof FileState] };
        const remedy = findingOf(lied)?.remedy;
        // A close is the chain's word, and the cleanup that begins with it asks the chain again, twice.
        const moves = source === 'order' ? ['decide-anew'] : ['decide-anew', 'begin-cleanup'];
        expect(moves).not.toContain(remedy);
      }),
      { numRuns: 2000 },
    );
  });
});

function state(change: Partial<FileState>): FileState {
  return {
    order: 'none',
    record: 'none',
    sworker: 'none',
    pin: 'none',
    isCleaning: false,
    hasMoved: false,
    ...change,
  };
}
