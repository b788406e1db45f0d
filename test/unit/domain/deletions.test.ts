import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Amount,
  countFitting,
  dayLimit,
  type DeletionStanding,
  half,
  judgeUnproven,
} from '../../../src/domain/deletions.ts';

const MIB = 1024 ** 2;
const DAY = 14_400;
const none: Amount = { files: 0, bytes: 0 };

interface Close {
  readonly id: number;
  readonly dueBlock: number;
  readonly sizeBytes: number;
  readonly isProven: boolean;
}

interface Deletion extends Close {
  readonly atBlock: number;
}

interface Node {
  readonly others: Amount;
  readonly closes: readonly Close[];
  readonly maxPercent: number;
}

const amountOf = (files: readonly { readonly sizeBytes: number }[]): Amount => ({
  files: files.length,
  bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
});

/** Files that are held in all: those whose orders live, and those of closes whose file has not gone. */
function heldOf({ others, closes }: Node, deletions: readonly Deletion[]): Amount {
  const [all, gone] = [amountOf(closes), amountOf(deletions)];
  return { files: others.files + all.files - gone.files, bytes: others.bytes + all.bytes - gone.bytes };
}

/** A node whose bot looks every so many blocks, and what it deletes. */
function live(node: Node, looks: Iterable<number>): readonly Deletion[] {
  const deletions: Deletion[] = [];
  const isGone = new Set<number>();
  for (const atBlock of looks) {
    const inDay = deletions.filter((deletion) => deletion.atBlock > atBlock - DAY);
    const open = node.closes.filter(({ id }) => !isGone.has(id));
    const standing: DeletionStanding = {
      held: heldOf(node, deletions),
      deleted: amountOf(inDay),
      gone: amountOf(inDay),
      deletedUnproven: amountOf(inDay.filter(({ isProven }) => !isProven)),
      unproven: amountOf(open.filter(({ isProven }) => !isProven)),
    };
    const verdict = judgeUnproven(standing, node.maxPercent);
    if (verdict === 'outage') continue;
    const due = open.filter((close) => close.dueBlock <= atBlock && (close.isProven || verdict === 'go'));
    const planned = due.map(({ sizeBytes }) => ({ sizeBytes, isCounted: false }));
    for (const close of due.slice(0, countFitting(planned, standing, dayLimit(standing, node.maxPercent)))) {
      deletions.push({ ...close, atBlock });
      isGone.add(close.id);
    }
  }
  return deletions;
}

function* everyBlocks(step: number, through: number): Generator<number> {
  for (let block = step; block <= through; block += step) yield block;
}

const closesOf = (proven: fc.Arbitrary<boolean>, most: number): fc.Arbitrary<readonly Close[]> =>
  fc
    .array(
      fc.record({
        dueBlock: fc.integer({ min: 0, max: 2 * DAY }),
        sizeBytes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100 * MIB }), fc.constant(1024 ** 4)),
        isProven: proven,
      }),
      { maxLength: most, size: 'max' },
    )
    .map((closes) => closes.toSorted((a, b) => a.dueBlock - b.dueBlock).map((close, id) => ({ ...close, id })));

const nodeOf = (closes: fc.Arbitrary<readonly Close[]>): fc.Arbitrary<Node> =>
  fc.record({
    others: fc.record({ files: fc.integer({ min: 0, max: 12_000 }), bytes: fc.integer({ min: 0, max: 1024 ** 4 }) }),
    closes,
    maxPercent: fc.constantFrom(0, 1, 5, 20, 100),
  });

describe('what is deleted within a day', () => {
  it('is never more than 200 files, or the percentage of the files and of the bytes held before, in any 14,400 blocks', () => {
    fc.assert(
      fc.property(
        nodeOf(closesOf(fc.boolean(), 900)),
        fc.uniqueArray(fc.integer({ min: 0, max: 4 * DAY }), { minLength: 5, maxLength: 40 }),
        (node, looks) => {
          const deletions = live(
            node,
            looks.toSorted((a, b) => a - b),
          );
          for (const last of new Set(deletions.map(({ atBlock }) => atBlock))) {
            const before = deletions.filter(({ atBlock }) => atBlock <= last - DAY);
            const held = heldOf(node, before);
            const { files, bytes } = amountOf(
              deletions.filter(({ atBlock }) => atBlock > last - DAY && atBlock <= last),
            );
            if (files <= 200) continue;
            expect(files * 100).toBeLessThanOrEqual(node.maxPercent * held.files);
            expect(bytes * 100).toBeLessThanOrEqual(node.maxPercent * held.bytes);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('goes on day by day until every close that an event proves is through, whatever waits for a person', () => {
    fc.assert(
      fc.property(nodeOf(closesOf(fc.constant(true), 900)), fc.integer({ min: 0, max: 400 }), (node, absent) => {
        const unproven = Array.from({ length: absent }, (_, id) => ({
          id: 10_000 + id,
          dueBlock: 0,
          sizeBytes: MIB,
          isProven: false,
        }));
        // Enough is held besides that the closes by absence are not most of it.
        const others = { ...node.others, files: node.others.files + 1000 };
        const all = { ...node, others, closes: [...unproven, ...node.closes] };
        const days = 3 + Math.ceil(all.closes.length / 200);
        const gone = new Set(live(all, everyBlocks(600, days * DAY)).map(({ id }) => id));
        expect(node.closes.filter(({ id }) => !gone.has(id))).toEqual([]);
        const needsPerson = absent > Math.max(200, (all.maxPercent * heldOf(all, []).files) / 100);
        expect(unproven.filter(({ id }) => needsPerson && gone.has(id))).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('goes in the order of the due blocks', () => {
    fc.assert(
      fc.property(nodeOf(closesOf(fc.constant(true), 600)), (node) => {
        const ids = live(node, everyBlocks(600, 6 * DAY)).map(({ id }) => id);
        expect(ids).toEqual(ids.toSorted((a, b) => a - b));
      }),
      { numRuns: 40 },
    );
  });

  it('counts a deletion that was begun before, and may have happened, once', () => {
    const standing = { ...empty, held: { files: 100, bytes: 100 }, deleted: { files: 200, bytes: 200 } };
    const limit = dayLimit(standing, 5);
    expect(countFitting([{ sizeBytes: 1, isCounted: true }], standing, limit)).toBe(1);
    expect(countFitting([{ sizeBytes: 1, isCounted: false }], standing, limit)).toBe(0);
  });
});

const empty: DeletionStanding = { held: none, deleted: none, gone: none, deletedUnproven: none, unproven: none };

describe('the limit of a day', () => {
  it.each([
    [50_000, 0, 5, 2500],
    [49_000, 1000, 5, 2500],
    [4000, 0, 5, 200],
    [0, 0, 5, 200],
    [1000, 0, 0, 200],
    [500, 500, 100, 1000],
  ])('of %i held and %i gone at %i %% is %i files', (held, gone, percent, files) => {
    const standing = { ...empty, held: { files: held, bytes: held }, gone: { files: gone, bytes: gone } };
    expect(dayLimit(standing, percent).files).toBe(files);
  });

  it('of bytes does not hold for the first 200 files, and does from there on', () => {
    const standing = { ...empty, held: { files: 50_000, bytes: 50_000 * MIB } };
    const limit = dayLimit(standing, 5);
    const huge = Array.from({ length: 300 }, () => ({ sizeBytes: 1024 ** 4, isCounted: false }));
    expect(countFitting(huge, standing, limit)).toBe(200);
    const usual = Array.from({ length: 3000 }, () => ({ sizeBytes: MIB, isCounted: false }));
    expect(countFitting(usual, standing, limit)).toBe(2500);
  });

  it('leaves half of it to closed orders when lost files are deleted', () => {
    const standing = { ...empty, held: { files: 50_000, bytes: 50_000 * MIB } };
    const lost = Array.from({ length: 3000 }, () => ({ sizeBytes: MIB, isCounted: false }));
    expect(countFitting(lost, standing, half(dayLimit(standing, 5)))).toBe(1250);
    expect(countFitting(lost, empty, half(dayLimit(empty, 5)))).toBe(100);
  });
});

describe('closes known only by absence from walks', () => {
  const held = { files: 10_000, bytes: 10_000 * MIB };

  it.each([
    [500, 0, 'go'],
    [501, 0, 'approval'],
    [400, 100, 'go'],
    [400, 101, 'approval'],
    [0, 900, 'go'],
    [5000, 0, 'approval'],
    [5001, 0, 'outage'],
  ])('of which %i are open and %i went within the day: %s', (open, went, verdict) => {
    const standing = {
      ...empty,
      held,
      unproven: { files: open, bytes: open },
      deletedUnproven: { files: went, bytes: went },
    };
    expect(judgeUnproven(standing, 5)).toBe(verdict);
  });

  it('wait for a person when their bytes are too many, although their number is not', () => {
    const unproven = { files: 201, bytes: 501 * MIB };
    expect(judgeUnproven({ ...empty, held, unproven }, 5)).toBe('approval');
    expect(judgeUnproven({ ...empty, held, unproven: { files: 200, bytes: 5000 * MIB } }, 5)).toBe('go');
  });

  it('may be most of what is held when they are few', () => {
    const few = { ...empty, held: { files: 20, bytes: 20 } };
    expect(judgeUnproven({ ...few, unproven: { files: 19, bytes: 19 } }, 5)).toBe('go');
    expect(judgeUnproven({ ...few, unproven: { files: 20, bytes: 20 } }, 5)).toBe('outage');
  });
});
