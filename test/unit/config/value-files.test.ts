import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { knownKeys } from '../../../src/config/keys/known-keys.ts';
import { readEnvironment } from '../../../src/config/reading/environment.ts';
import { readValueFile } from '../../../src/config/reading/value-file.ts';
import { asNobody } from '../../support/as-nobody.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { least, messageAt, refused } from './load.ts';

const { keys } = knownKeys();
const tokenFile = 'SMANAGER_SEAL_COORDINATOR_AUTH_TOKEN_FILE';

async function fileOf(content: string | Uint8Array): Promise<string> {
  const file = path.join(await tempDir(), 'value');
  await writeFile(file, content);
  return file;
}

async function problemOf(content: string | Uint8Array): Promise<string | undefined> {
  const error = await refused(least, { [tokenFile]: await fileOf(content) });
  return messageAt(error.issues, tokenFile);
}

describe('a value from a file', () => {
  it.each(keys.map((key) => [key.path, key] as const))('can be given for %s as by its variable', async (_, key) => {
    const file = await fileOf('a, b\n');
    const [read, direct] = [
      await readEnvironment({ [`${key.variable}_FILE`]: file }, [key]),
      await readEnvironment({ [key.variable]: 'a, b' }, [key]),
    ];
    expect(read.refused).toEqual([]);
    expect(read.warnings).toEqual([]);
    expect(read.values).toEqual(direct.values.map((one) => ({ ...one, variable: `${key.variable}_FILE` })));
    expect(read.values).toHaveLength(1);
  });

  it('is the text of the file without what editors leave around it', async () => {
    const visible = fc.stringMatching(/^[!-~]{1,80}$/u);
    const around = fc.constantFrom('', '\n', '\r\n', ' ', '\n\n', '\t');
    await fc.assert(
      fc.asyncProperty(visible, around, around, fc.constantFrom('', '\ufeff'), async (text, before, after, mark) => {
        const file = await fileOf(`${mark}${before}${text}${after}`);
        expect(await readValueFile(file)).toEqual({ text });
      }),
      { numRuns: 50 },
    );
  });

  it('may come from a pipe', async () => {
    const pipe = path.join(await tempDir(), 'pipe');
    await promisify(execFile)('mkfifo', [pipe]);
    const [read] = await Promise.all([readValueFile(pipe), writeFile(pipe, 't0ken\n')]);
    expect(read).toEqual({ text: 't0ken' });
  });

  it.each([
    ['is empty', '', 'the file it names is empty'],
    ['has nothing but line ends', '\n\r\n ', 'the file it names is empty'],
    ['is too large', 's3cret'.repeat(180_000), 'the file it names is larger than 1 MiB'],
    ['is no text', Uint8Array.of(0x73, 0xff, 0xfe), 'the file it names is no text in UTF-8'],
  ])('is refused when the file %s, without a word of what stands in it', async (_, content, problem) => {
    expect(await problemOf(content)).toBe(problem);
  });

  it('is refused when it would never end', async () => {
    expect(await readValueFile('/dev/zero')).toEqual({ problem: 'the file it names is larger than 1 MiB' });
  });

  it('is refused when the file is missing, a folder, or closed to the bot', async () => {
    const folder = await tempDir();
    const closed = path.join(folder, 'closed');
    await mkdir(closed);
    await writeFile(path.join(closed, 'token'), 'x');
    await chmod(path.join(closed, 'token'), 0);
    const told = async (file: string): Promise<string | undefined> =>
      messageAt((await refused(least, { [tokenFile]: file })).issues, tokenFile);
    expect(await told(path.join(folder, 'none'))).toBe('the file it names cannot be read (ENOENT)');
    expect(await told(closed)).toBe('the file it names cannot be read (EISDIR)');
    await asNobody(async () => {
      expect(await told(path.join(closed, 'token'))).toBe('the file it names cannot be read (EACCES)');
    });
  });

  it('that a key refuses is named by its variable, and a secret one not shown', async () => {
    const sealCoordinator = { endPoint: 'http://h', nodeUUID: 'n' };
    const error = await refused({ ...least, sealCoordinator }, { [tokenFile]: await fileOf('two s3cret words') });
    const message = messageAt(error.issues, 'sealCoordinator.authToken');
    expect(message).toBe(`found a value that is not shown in ${tokenFile}; allowed: a token without spaces`);
    expect(error.message).not.toContain('s3cret');
  });
});
