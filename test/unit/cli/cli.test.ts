import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../support/temp-dir.ts';
import { cli } from './cli-run.ts';

describe('the command line', () => {
  it.each(['--help', '-h', 'help'])(
    'tells with %s every command, where the configuration is looked for, and the exit codes',
    async (word) => {
      const { code, stdout, stderr } = await cli([word]);
      expect([code, stderr]).toEqual([0, '']);
      for (const command of ['run', 'check', 'status', 'explain', 'cleanup'])
        expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b`, 'mu'));
      expect(stdout).toContain('SMANAGER_CONFIG');
      expect(stdout).toMatch(/Exit codes: 0 .* 1 .* 75 .* 78 /u);
    },
  );

  it('tells the help of one command', async () => {
    const { code, stdout } = await cli(['status', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('--json');
    expect(stdout).toContain('--alive');
  });

  it('tells the version of the package', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(await cli(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([
    [['stauts']],
    [['--jsno']],
    [['status', '--jsno']],
    [['explain']],
    [['run', 'now']],
    [['explain', 'Qm1', 'Qm2']],
  ])('refuses %j and starts nothing', async (words) => {
    const { code, stdout, stderr } = await cli(words);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: /u);
  });

  it('says which command was probably meant', async () => {
    expect((await cli(['stauts'])).stderr).toContain('Did you mean status?');
  });

  it.each([[['run']], [[]], [['check']], [['status']], [['explain', 'Qm']]])(
    'with %j ends with 78 when there is no configuration, and says where it was looked for',
    async (words) => {
      const workingDirectory = await tempDir();
      const { code, stdout, stderr } = await cli(words, { workingDirectory });
      expect([code, stdout]).toEqual([78, '']);
      expect(stderr).toContain(path.join(workingDirectory, 'smanager-config.json'));
      expect(stderr).toContain('SMANAGER_CONFIG');
    },
  );

  it('shows control characters of a refused file instead of sending them to the terminal', async () => {
    const workingDirectory = await tempDir();
    await writeFile(
      path.join(workingDirectory, 'smanager-config.json'),
      JSON.stringify({ 'k\u001b[2J': 1, dataDir: '\u001b]0;x' }),
    );
    const { code, stderr } = await cli(['run'], { workingDirectory });
    expect(code).toBe(78);
    expect(stderr).toContain('\\x1b[2J');
    expect(stderr).not.toContain('\u001b');
  });
});
