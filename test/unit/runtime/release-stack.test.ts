import { describe, expect, it } from 'vitest';
import { ReleaseStack } from '../../../src/runtime/release-stack.ts';
import { rejection } from '../../support/rejection.ts';

function stack(): { readonly releases: ReleaseStack; readonly released: string[]; readonly hidden: unknown[] } {
  const [releases, released] = [new ReleaseStack(), [] as string[]];
  releases.add(() => void released.push('first opened'));
  releases.add(async () => {
    released.push('last opened');
    throw new Error('not closed');
  });
  return { releases, released, hidden: [] };
}

describe('what was opened', () => {
  it('is closed after the work, the last first, and each although another could not be', async () => {
    const { releases, released, hidden } = stack();
    const work = async (): Promise<void> => void released.push('worked');
    const error = await rejection(releases.around(work, (one) => hidden.push(one)));
    expect(error).toMatchObject({ message: 'not closed' });
    expect(released).toEqual(['worked', 'last opened', 'first opened']);
    expect(hidden).toEqual([]);
  });

  it('is closed when the work failed, whose reason stands before that of a close', async () => {
    const { releases, released, hidden } = stack();
    const work = async (): Promise<void> => {
      throw new Error('damaged');
    };
    const error = await rejection(releases.around(work, (one) => hidden.push(one)));
    expect(error).toMatchObject({ message: 'damaged' });
    expect(released).toEqual(['last opened', 'first opened']);
    expect(hidden).toEqual([expect.objectContaining({ message: 'not closed' })]);
  });
});
