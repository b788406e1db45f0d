import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const guardModule = fileURLToPath(new URL('../../../devnet/world/guard-child.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

/** A process that guards a child which would live on; both hold the pipe that the test reads. */
function startParent(end: string) {
  const script = `
    import { spawn } from 'node:child_process';
    import { guardChild } from ${JSON.stringify(guardModule)};
    const child = spawn('sleep', ['600'], { stdio: ['ignore', 'inherit', 'ignore'] });
    guardChild(child);
    child.once('spawn', () => { process.stdout.write('guarded\\n', () => { ${end} }); });
  `;
  return spawn(process.execPath, ['--import', tsx, '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

describe.skipIf(process.platform === 'win32')('a guarded child', () => {
  it.each([
    ['is killed', "process.kill(process.pid, 'SIGKILL')"],
    ['ends by an exception', "throw new Error('boom')"],
  ])('ends when its parent %s', async (_how, end) => {
    const parent = startParent(end);
    const lines: string[] = [];
    createInterface({ input: parent.stdout }).on('line', (line) => lines.push(line));
    // 'close' comes when nobody holds the pipe any more: neither the parent nor its child.
    await once(parent, 'close');
    expect(lines).toEqual(['guarded']);
  });
});
