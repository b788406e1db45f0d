import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { Database } from '../../../src/store/database.ts';
import { Facts } from '../../../src/store/facts.ts';
import { closedEndPoint } from '../../support/local-server.ts';
import { ofSchema1 } from '../../support/schema-1.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { crustAddress, least } from '../config/load.ts';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function smanager(words: readonly string[], workingDirectory: string): Promise<Outcome> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const { signal } = new AbortController();
  const ends = { endSoon: () => undefined, keepSecret: () => undefined };
  const invocation = {
    env: {},
    workingDirectory,
    stdout,
    stderr,
    isTerminal: false,
    missingEngineOptions: [],
    signal,
    ...ends,
  };
  const code = await runCli(['node', 'smanager', ...words], invocation);
  stdout.end();
  stderr.end();
  return { code, out: await text(stdout), err: await text(stderr) };
}

/** A folder with a configuration of which nothing listens anywhere, and the path of its data. */
async function home(scheduler: object = {}): Promise<{ folder: string; dataDir: string }> {
  const folder = await tempDir();
  const away = await closedEndPoint();
  const http = { endPoint: away.reveal() };
  const chain = { ...least.chain, endPoint: away.reveal().replace('http:', 'ws:') };
  const content = { chain, sworker: http, ipfs: http, dataDir: '.', scheduler };
  await writeFile(path.join(folder, 'smanager-config.json'), JSON.stringify(content));
  return { folder, dataDir: folder };
}

async function writeDatabase(dataDir: string, account: string): Promise<void> {
  const database = await Database.open(dataDir);
  const facts = new Facts(database);
  await database.write('claim', async (tx) => await facts.set(tx, 'identity', { account, genesisHash: '0x01' }));
  await database.close();
}

const lineOf = ({ out }: Outcome, subject: string): string | undefined =>
  out.split('\n').find((line) => line.slice(8).startsWith(subject));

describe('a command line that is not understood', () => {
  it('says that there is no such command, and which one may be meant', async () => {
    const { code, out, err } = await smanager(['chekc'], await tempDir());
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain("unknown command 'chekc'");
    expect(err).toContain('check');
  });

  it('runs the bot when there is no command at all', async () => {
    const { code, err } = await smanager([], await tempDir());
    expect(code).toBe(78);
    expect(err).toContain('The configuration cannot be read');
  });
});

describe('smanager check', () => {
  it('names the end point that is away and why', async () => {
    const { folder } = await home();
    const outcome = await smanager(['check'], folder);
    expect(outcome.code).toBe(1);
    expect(lineOf(outcome, 'chain')).toMatch(
      /^WRONG +chain +The chain end point ws:\/\/127\.0\.0\.1:\d+ .*ECONNREFUSED/,
    );
  });

  it('says that there is no database yet, and makes none', async () => {
    const { folder, dataDir } = await home();
    const outcome = await smanager(['check'], folder);
    expect(lineOf(outcome, 'database')).toMatch(/^ok +database +none in /);
    await expect(Database.openExisting(dataDir)).rejects.toMatchObject({ code: 'DATABASE_MISSING' });
  });

  it('knows a database that smanager run would take', async () => {
    const { folder, dataDir } = await home();
    await writeDatabase(dataDir, crustAddress);
    expect(lineOf(await smanager(['check'], folder), 'database')).toMatch(/^ok +database +of the account cT/);
  });

  it('tells of a database of another account, which smanager run would refuse', async () => {
    const { folder, dataDir } = await home();
    await writeDatabase(dataDir, 'cTanother');
    const outcome = await smanager(['check'], folder);
    expect(outcome.code).toBe(1);
    expect(lineOf(outcome, 'database')).toMatch(/^WRONG +database +it belongs to the account cTanother/);
  });

  it('looks at the account of a database of an older smanager, which the bot would bring up to date', async () => {
    const { folder, dataDir } = await home();
    await ofSchema1(dataDir, async (knex) => {
      const content = JSON.stringify({ account: 'cTanother', genesisHash: '0x11' });
      await knex('config').insert({ name: 'identity', content });
    });
    const outcome = await smanager(['check'], folder);
    expect(lineOf(outcome, 'database')).toMatch(/^WRONG +database +it belongs to the account cTanother/);
    const { code, err } = await smanager(['status'], folder);
    expect(code).toBe(78);
    expect(err).toContain('that of an older smanager');
  });

  it('takes an empty database for none', async () => {
    const { folder, dataDir } = await home();
    await writeFile(path.join(dataDir, 'smanager-db.sqlite'), '');
    expect(lineOf(await smanager(['check'], folder), 'database')).toMatch(/^ok +database +none in /);
    expect((await smanager(['status'], folder)).code).toBe(78);
  });

  it('tells of a database that is not ours', async () => {
    const { folder, dataDir } = await home();
    await writeFile(path.join(dataDir, 'smanager-db.sqlite'), 'not a database at all, but long enough to be looked at');
    expect(lineOf(await smanager(['check'], folder), 'database')).toMatch(/^WRONG +database /);
  });

  it('counts a list file that cannot be read as a wrong configuration', async () => {
    const { folder } = await home({ deny: { files: ['no-such-list'] } });
    const outcome = await smanager(['check'], folder);
    expect(outcome.code).toBe(78);
    expect(outcome.out).toMatch(/WRONG +configuration .*no-such-list: cannot be read \(ENOENT\)/);
  });
});
