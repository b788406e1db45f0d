import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { localServer } from '../../support/local-server.ts';
import { failure } from '../../support/rejection.ts';
import { cid, clientOf, going } from './client-of.ts';

/** Of this process. */
function limitOpenFiles(soft: number | string): void {
  execFileSync('prlimit', [`--pid=${process.pid}`, `--nofile=${soft}:`]);
}

function openFilesLimit(): string {
  return execFileSync('prlimit', [`--pid=${process.pid}`, '--nofile', '--output=SOFT', '--noheadings'], {
    encoding: 'utf8',
  }).trim();
}

/** The limit is on the number of a descriptor, and each gets the lowest one that is free. */
function limitThatLeaves(count: number): number {
  const open = new Set(readdirSync('/proc/self/fd').map(Number));
  let limit = 0;
  for (let left = count; left > 0; limit += 1) if (!open.has(limit)) left -= 1;
  return limit;
}

// The library's modules are loaded with the first question, and what Node could not load once it never loads again.
it('a pin is asked about when files may be opened again, although they could not at the first question', async () => {
  const { endPoint } = await localServer((_, response) =>
    response.end(JSON.stringify({ Cid: cid, Type: 'recursive' })),
  );
  const client = clientOf(endPoint);
  const before = openFilesLimit();
  onTestFinished(() => limitOpenFiles(before));
  limitOpenFiles(limitThatLeaves(20));
  expect((await failure(client.isPinned(cid, going))).code).toBe('TOO_MANY_OPEN_FILES');
  limitOpenFiles(before);
  expect(await client.isPinned(cid, going)).toBe(true);
});
