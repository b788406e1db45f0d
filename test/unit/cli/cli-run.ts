import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCli } from '../../../src/cli/cli.ts';

export const account = 'cTGVrGb7X9vNp3fbvQskVRQHoxiLPKPFADSPbh6APiJLf3VgH';

interface CliOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, with nothing of its environment. */
export async function cli(
  words: readonly string[],
  {
    env = {},
    workingDirectory = '/nowhere',
    signal = new AbortController().signal,
  }: { env?: Readonly<Record<string, string>>; workingDirectory?: string; signal?: AbortSignal } = {},
): Promise<CliOutcome> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const printed = Promise.all([text(stdout), text(stderr)]);
  const code = await runCli(['node', 'smanager', ...words], {
    env,
    workingDirectory,
    stdout,
    stderr,
    isTerminal: false,
    missingEngineOptions: [],
    endSoon: () => undefined,
    keepSecret: () => undefined,
    signal,
  });
  stdout.end();
  stderr.end();
  const [shown, told] = await printed;
  return { code, stdout: shown, stderr: told };
}

/** Writes a configuration file for a data directory; nobody listens at its addresses unless others are given. */
export async function writeConfig(
  folder: string,
  dataDir: string,
  sections: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly env: { readonly SMANAGER_CONFIG: string } }> {
  const file = path.join(folder, 'smanager-config.json');
  const least = {
    chain: { account, endPoint: 'ws://127.0.0.1:9' },
    sworker: { endPoint: 'http://127.0.0.1:9' },
    ipfs: { endPoint: 'http://127.0.0.1:9' },
    dataDir,
  };
  await writeFile(file, JSON.stringify({ ...least, ...sections }));
  return { env: { SMANAGER_CONFIG: file } };
}
