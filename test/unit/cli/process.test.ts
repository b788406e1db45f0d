import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exitCodes } from '../../../src/domain/errors.ts';

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');
/** Once the process listens to whatever may come: the warnings are the last. */
const whenListening = (deed: string): string =>
  `process.on('newListener', (name) => name === 'warning' && setImmediate(() => { ${deed} }));`;
/** The process waits for its configuration for ever, does not do what it is told, and loses its patience at once. */
const deaf = `import fs from 'node:fs';
  fs.open = () => {};
  setInterval(() => {}, 1000);
  AbortController.prototype.abort = () => {};
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (work, afterMs, ...rest) => setTimeout(work, afterMs === 7500 ? 0 : afterMs, ...rest);`;

/** The program with a script that runs before it. */
async function ended(before: string, ...words: string[]): Promise<{ readonly code: unknown; readonly stdout: string }> {
  const script = `data:text/javascript,${encodeURIComponent(before)}`;
  const env = { PATH: process.env['PATH'], SMANAGER_CONFIG: '/nowhere/smanager-config.json' };
  const child = spawn(process.execPath, ['--import', tsx, '--import', script, main, ...words], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { code, stdout };
}

describe('an error that nobody caught', () => {
  it.each([
    ['thrown', "throw new TypeError('of nobody');", 'uncaughtException', exitCodes.defect],
    ['of a promise', "void Promise.reject(new TypeError('of nobody'));", 'unhandledRejection', exitCodes.defect],
    ['thrown as a text', "throw 'of nobody';", 'uncaughtException', exitCodes.defect],
    [
      'of the limit of open files',
      "throw Object.assign(new Error('EMFILE: too many open files, of nobody'), { code: 'EMFILE' });",
      'uncaughtException',
      exitCodes.outage,
    ],
  ])('(%s) is told in one line and ends the process with its code', async (_, deed, message, code) => {
    const end = await ended(whenListening(deed));
    expect(end.code).toBe(code);
    expect(JSON.parse(end.stdout)).toMatchObject({ level: 'error', message });
    expect(end.stdout).toContain('of nobody');
  });
});

describe('a process that was told to stop and does not', () => {
  it.each([
    ['the bot', [], exitCodes.stopped],
    ['a command', ['check'], exitCodes.defect],
  ])('ends all the same, %s with its code', async (_, words, code) => {
    const end = await ended(`${deaf} ${whenListening("process.kill(process.pid, 'SIGTERM');")}`, ...words);
    expect(end.code).toBe(code);
  });
});

it('a process that something keeps alive after its work ends with the code of its work', async () => {
  const end = await ended('setInterval(() => undefined, 1000);');
  expect(end.code).toBe(exitCodes.configuration);
});
