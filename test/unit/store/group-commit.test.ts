import { assert, asyncProperty, integer, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroupCommit } from '../../../src/store/group-commit.ts';

/** Groups as they were committed; a negative number fails, alone or with others. */
function committing(gather?: () => Promise<unknown>): {
  readonly group: GroupCommit<number, string>;
  readonly committed: number[][];
} {
  const committed: number[][] = [];
  const commit = async (items: readonly number[]): Promise<readonly string[]> => {
    const failing = items.find((item) => item < 0);
    if (failing !== undefined) throw new Error(`no ${failing}`);
    committed.push([...items]);
    return items.map((item) => `did ${item}`);
  };
  return { group: new GroupCommit(commit, gather), committed };
}

describe('a group commit', () => {
  it('writes together what comes together, and tells each its own result', async () => {
    const { group, committed } = committing();
    expect(await Promise.all([1, 2, 3].map(async (item) => await group.add(item)))).toEqual([
      'did 1',
      'did 2',
      'did 3',
    ]);
    expect(committed).toEqual([[1, 2, 3]]);
    expect(await group.add(4)).toBe('did 4');
    expect(committed).toEqual([[1, 2, 3], [4]]);
  });

  it('gathers as long as it is told to, and nobody hears of anything before the commit', async () => {
    let enough = (): void => undefined;
    const gathering = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const { group, committed } = committing(async () => await gathering);
    const heard: string[] = [];
    const adding = [1, 2].map(async (item) => heard.push(await group.add(item)));
    await new Promise<void>((resolve) => setImmediate(resolve));
    const late = group.add(3);
    expect([heard, committed]).toEqual([[], []]);
    enough();
    await Promise.all([...adding, late]);
    expect([heard, committed]).toEqual([['did 1', 'did 2'], [[1, 2, 3]]]);
  });

  it('fails each item for its own reason alone', async () => {
    await assert(
      asyncProperty(uniqueArray(integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 12 }), async (items) => {
        const { group, committed } = committing();
        const results = await Promise.allSettled(items.map(async (item) => await group.add(item)));
        expect(results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason)))).toEqual(
          items.map((item) => (item < 0 ? `Error: no ${item}` : `did ${item}`)),
        );
        expect(new Set(committed.flat())).toEqual(new Set(items.filter((item) => item >= 0)));
      }),
    );
  });
});
