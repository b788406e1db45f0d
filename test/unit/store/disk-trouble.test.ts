import { describe, expect, it } from 'vitest';
import { SmError } from '../../../src/domain/errors.ts';
import { toDiskError, withDiskAdvice } from '../../../src/store/disk-trouble.ts';
import { tempDir } from '../../support/temp-dir.ts';

function failed(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe('what the disk does not do is told with its code and what to do', () => {
  it.each([
    ['SQLITE_FULL', 'DISK_FULL', 'make room'],
    ['ENOSPC', 'DISK_FULL', 'make room'],
    ['SQLITE_READONLY', 'DISK_READ_ONLY', 'mounted read-only'],
    ['EROFS', 'DISK_READ_ONLY', 'mounted read-only'],
    ['SQLITE_IOERR', 'DISK_READ_ONLY', 'what the kernel says'],
    ['EMFILE', 'TOO_MANY_OPEN_FILES', 'ulimit -n'],
  ])('%s as %s', async (reason, code, advice) => {
    const folder = await tempDir();
    const error = await toDiskError(failed(reason), `${folder}/x`, folder);
    expect(error).toMatchObject({ code, destiny: 'outage', message: expect.stringContaining(advice) });
  });

  it('once, however many hands it goes through', async () => {
    const folder = await tempDir();
    const once = await withDiskAdvice(new SmError('DISK_FULL', 'x', { sqlite: 'SQLITE_FULL' }), folder);
    expect(once).toMatchObject({
      message: `the disk of ${folder} is full (SQLITE_FULL): make room, the bot then goes on by itself`,
    });
    expect(await withDiskAdvice(once, folder)).toBe(once);
  });

  it('and so is a database that another program keeps', async () => {
    const error = await withDiskAdvice(new SmError('DATABASE_BUSY', 'x', { sqlite: 'SQLITE_BUSY' }), '/data');
    expect(error).toMatchObject({ code: 'DATABASE_BUSY', message: expect.stringContaining('fuser -v') });
  });

  it('nothing else is touched', async () => {
    for (const error of [new SmError('DATABASE_DAMAGED', 'x'), failed('ENOENT')])
      expect(await withDiskAdvice(error, '/data')).toBe(error);
  });
});
