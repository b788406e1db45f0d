import { chmod, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ListConfig } from '../../../src/config/config.ts';
import { OrderListSource } from '../../../src/config/lists.ts';
import type { ConfigError } from '../../../src/config/issues.ts';
import { failure } from '../../support/rejection.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { crustAddress, substrateAddress } from './load.ts';

const cid = 'QmY3yV46Kj4kySVUky35jhZFCwsebHm9GD9oVD4UzrqmsV';
const empty: ListConfig = { cids: [], owners: [], memoPrefixes: [], files: [] };

async function fileOf(text: string): Promise<string> {
  const file = path.join(await tempDir(), 'list.txt');
  await writeFile(file, text);
  return file;
}

/** Changes a file until its time of change is another one: a file system's clock stands still for some milliseconds. */
async function changeInTime(file: string, change: () => Promise<void>): Promise<void> {
  const { ctimeNs } = await stat(file, { bigint: true });
  do await change();
  while ((await stat(file, { bigint: true })).ctimeNs === ctimeNs);
}

describe('a list of orders', () => {
  it('without entries is empty', async () => {
    expect(await new OrderListSource(empty).load()).toMatchObject({ isEmpty: true });
  });

  it('joins the configuration and its files', async () => {
    const file = await fileOf(
      `\ufeff# a comment\r\n\r\n${cid} # why\n  ${substrateAddress}\nmemo: folder/#1\ncid:not a cid at all\nowner: ${crustAddress}\n`,
    );
    const list = await new OrderListSource({ ...empty, cids: ['QmB'], files: [file] }).load();
    expect([...list.cids]).toEqual(['QmB', cid, 'not a cid at all']);
    expect([...list.owners]).toEqual([crustAddress]);
    expect(list.memoPrefixes).toEqual(['folder/#1']);
    expect(list.isEmpty).toBe(false);
  });

  it('refuses a line that is nothing it knows, by file and line', async () => {
    const file = await fileOf(`${cid}\n${cid}x\nowner: ${cid}\n`);
    await expect(new OrderListSource({ ...empty, files: [file] }).load()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      issues: [{ path: `${file}, line 2` }, { path: `${file}, line 3` }],
    });
  });

  it('takes the longest text that an order can have, also the substitute of one, and refuses a longer one', async () => {
    const longest = ['x'.repeat(128), `0x${'5'.repeat(128)}~${'a'.repeat(64)}`];
    const file = await fileOf(longest.map((text) => `cid:${text}\n`).join(''));
    expect([...(await new OrderListSource({ ...empty, files: [file] }).load()).cids]).toEqual(longest);
    await writeFile(file, `cid:${'x'.repeat(129)}\n${cid}${'1'.repeat(83)}\n`);
    await expect(new OrderListSource({ ...empty, files: [file] }).load()).rejects.toMatchObject({
      issues: [
        {
          path: `${file}, line 1`,
          message: expect.stringMatching(/… \(133 characters\); allowed: a CID of at most 128/u),
        },
        { path: `${file}, line 2` },
      ],
    });
  });

  it('takes a beginning of a memo as long as what is kept of one, in bytes, and refuses a longer one', async () => {
    const file = await fileOf(`memo:${'é'.repeat(64)}\n`);
    expect((await new OrderListSource({ ...empty, files: [file] }).load()).memoPrefixes).toEqual(['é'.repeat(64)]);
    await writeFile(file, `memo:${'é'.repeat(64)}x\n`);
    await expect(new OrderListSource({ ...empty, files: [file] }).load()).rejects.toMatchObject({
      issues: [{ path: `${file}, line 1` }],
    });
  });

  it('tells the first wrong lines of a file that is no list', async () => {
    const source = new OrderListSource({ ...empty, files: [await fileOf('x\n'.repeat(1000))] });
    const { issues } = (await failure(source.load())) as ConfigError;
    expect(issues).toHaveLength(21);
    expect(issues.at(-1)?.message).toBe('has so many wrong lines that the others were not read');
  });

  it('refuses a file that cannot be read', async () => {
    const source = new OrderListSource({ ...empty, files: ['/nowhere/list.txt'] });
    await expect(source.load()).rejects.toMatchObject({ message: expect.stringContaining('ENOENT') });
  });

  it('asks for another look after an error that may pass without any change of the file, and for none after another', async () => {
    // Nothing is mapped at its beginning, which the kernel calls an error of the device.
    const passing = new OrderListSource({ ...empty, files: ['/proc/self/mem'] });
    await expect(passing.load()).rejects.toMatchObject({ issues: [{ message: 'cannot be read (EIO)' }] });
    expect(await passing.changed()).toBe(true);
    const folder = new OrderListSource({ ...empty, files: [await tempDir()] });
    await expect(folder.load()).rejects.toMatchObject({ issues: [{ message: 'cannot be read (EISDIR)' }] });
    expect(await folder.changed()).toBe(false);
  });

  it('has a fingerprint that follows its entries and nothing else', async () => {
    const one = await fileOf(`${cid}\nQmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjNn\n`);
    const same = await fileOf(`# other order\nQmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjNn\n${cid}\n${cid}\n`);
    const other = await fileOf(`${cid}\n`);
    const [a, b, c] = await Promise.all(
      [one, same, other].map(
        async (file) => (await new OrderListSource({ ...empty, files: [file] }).load()).fingerprint,
      ),
    );
    expect(a).toBe(b);
    expect(a).not.toBe(c);
  });

  it('tells that a file changed: its time, who may read it, its inode, its absence', async () => {
    const file = await fileOf(cid);
    const source = new OrderListSource({ ...empty, files: [file] });
    expect(await source.changed()).toBe(true);
    const reload = async (): Promise<void> => {
      await source.load();
      expect(await source.changed()).toBe(false);
    };
    await reload();
    await changeInTime(file, async () => await utimes(file, 1, 1));
    expect(await source.changed()).toBe(true);
    await reload();
    await changeInTime(file, async () => await chmod(file, 0o640));
    expect(await source.changed()).toBe(true);
    await reload();
    await writeFile(`${file}.new`, cid);
    await utimes(`${file}.new`, 1, 1);
    await rename(`${file}.new`, file);
    expect(await source.changed()).toBe(true);
    await reload();
    await rm(file);
    expect(await source.changed()).toBe(true);
    await expect(source.load()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(await source.changed()).toBe(false);
  });
});
