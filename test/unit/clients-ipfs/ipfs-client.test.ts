import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type ErrorCode, isAbort } from '../../../src/domain/errors.ts';
import { closedEndPoint, type LocalServer, localServer } from '../../support/local-server.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { failure, rejection, until } from '../../support/rejection.ts';
import { cid, clientOf, going } from './client-of.ts';

/** A daemon with one answer. */
async function daemon(status: number, body: unknown, trailer?: string): Promise<LocalServer> {
  return localServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', trailer: 'X-Stream-Error' });
    response.write(typeof body === 'string' ? body : JSON.stringify(body));
    if (trailer !== undefined) response.addTrailers({ 'X-Stream-Error': trailer });
    response.end();
  });
}

function refusal(message: string): { Message: string; Code: number; Type: string } {
  return { Message: message, Code: 0, Type: 'error' };
}

async function listed(roots: AsyncIterable<string>): Promise<string[]> {
  const result: string[] = [];
  for await (const root of roots) result.push(root);
  return result;
}

describe('whether a CID is pinned', () => {
  it('is asked for recursive pins of that CID', async () => {
    const { endPoint, received } = await daemon(200, { Cid: cid, Type: 'recursive' });
    expect(await clientOf(endPoint).isPinned(cid, going)).toBe(true);
    const url = new URL(received[0]?.url ?? '', 'http://h');
    expect(url.pathname).toBe('/api/v0/pin/ls');
    expect(url.searchParams.getAll('arg')).toEqual([cid]);
    expect(url.searchParams.get('type')).toBe('recursive');
  });

  it('is no only by the daemon’s own word', async () => {
    const { endPoint } = await daemon(500, refusal(`path '${cid}' is not pinned`));
    expect(await clientOf(endPoint).isPinned(cid, going)).toBe(false);
  });

  it.each<[string, number, unknown, ErrorCode]>([
    ['another failure', 500, refusal('datastore is gone'), 'IPFS_REFUSED'],
    ['an empty answer', 200, '', 'IPFS_BAD_ANSWER'],
    ['garbage', 200, '<html>', 'IPFS_BAD_ANSWER'],
    ['a text with the words but without a status', 200, '"is not pinned"', 'IPFS_BAD_ANSWER'],
  ])('throws for %s', async (_, status, body, code) => {
    const { endPoint } = await daemon(status, body);
    expect((await failure(clientOf(endPoint).isPinned(cid, going))).code).toBe(code);
  });
});

describe('removing a pin', () => {
  it('tells a pin that was there from one that was not', async () => {
    const there = await daemon(200, { Pins: [cid] });
    expect(await clientOf(there.endPoint).pinRemove(cid, going)).toBe('removed');
    expect(there.received[0]?.url).toContain(`arg=${cid}`);
    const gone = await daemon(500, refusal('not pinned or pinned indirectly'));
    expect(await clientOf(gone.endPoint).pinRemove(cid, going)).toBe('not-pinned');
  });

  it('takes a refusal that broke off for none', async () => {
    const { endPoint } = await localServer((_, response) => {
      response.writeHead(500, { 'content-type': 'application/json', 'content-length': 100 });
      response.write('{"Message":"not', () => response.destroy());
    });
    const error = await failure(clientOf(endPoint).pinRemove(cid, going));
    expect([error.code, error.message]).toEqual(['IPFS_UNREACHABLE', expect.stringContaining('broke its answer off')]);
  });

  it('throws for any other refusal', async () => {
    const { endPoint } = await daemon(500, refusal('lock'));
    expect((await failure(clientOf(endPoint).pinRemove(cid, going))).code).toBe('IPFS_REFUSED');
  });
});

describe('listing pinned roots', () => {
  it('streams lines, and understands the map of a daemon that does not stream', async () => {
    const streamed = await daemon(200, `{"Cid":"${cid}","Type":"recursive"}\n{"Cid":"QmB","Type":"recursive"}\n`);
    expect(await listed(clientOf(streamed.endPoint).pinnedRoots(going))).toEqual([cid, 'QmB']);
    const whole = await daemon(200, { Keys: { [cid]: { Type: 'recursive' } } });
    expect(await listed(clientOf(whole.endPoint).pinnedRoots(going))).toEqual([cid]);
    const none = await daemon(200, '');
    expect(await listed(clientOf(none.endPoint).pinnedRoots(going))).toEqual([]);
  });

  it('rejects a list that ended by a failure, so that a short one is never taken for all', async () => {
    const line = `{"Cid":"${cid}","Type":"recursive"}\n`;
    const trailer = await daemon(200, line, 'datastore closed');
    expect((await failure(listed(clientOf(trailer.endPoint).pinnedRoots(going)))).code).toBe('IPFS_REFUSED');
    const cut = await localServer((_, response) => void response.write(line, () => response.destroy()));
    expect((await failure(listed(clientOf(cut.endPoint).pinnedRoots(going)))).code).toBe('IPFS_UNREACHABLE');
    const other = await daemon(200, '{"Cid":5,"Type":"recursive"}\n');
    expect((await failure(listed(clientOf(other.endPoint).pinnedRoots(going)))).code).toBe('IPFS_BAD_ANSWER');
  });
});

// undici 7 would end the process when a connection is closed behind an answer whose reader pauses.
describe('an answer whose connection is closed behind it', () => {
  const closing = async (line: string, lines: number): Promise<LocalServer> =>
    await localServer((_, response) => {
      response.writeHead(200, { connection: 'close' });
      response.end(line.repeat(lines));
    });

  it('is a whole list of pins for a reader that takes its time', async () => {
    const { endPoint } = await closing(`{"Cid":"${cid}","Type":"recursive"}\n`, 30_000);
    let roots = 0;
    for await (const root of clientOf(endPoint).pinnedRoots(going)) {
      expect(root).toBe(cid);
      roots += 1;
      if (roots % 1000 === 0) await sleep(2);
    }
    expect(roots).toBe(30_000);
  });

  it('is a whole collection of garbage, over a connection of its own', async () => {
    const { endPoint, received } = await closing('{"Key":{"/":"QmA"}}\n', 100_000);
    expect(await clientOf(endPoint).collectGarbage(going)).toEqual({ removedBlocks: 100_000, errors: [] });
    expect(received[0]?.headers.connection).toBe('close');
  });

  it('is a pull that succeeded: its lines are read as they come, without a pause', async () => {
    const { endPoint } = await closing('{"Progress":1}\n', 100_000);
    let lines = 0;
    const pull = clientOf(endPoint).pinAdd(cid, { signal: going, onProgress: () => (lines += 1) });
    expect((await failure(pull)).code).toBe('IPFS_BAD_ANSWER');
    expect(lines).toBe(100_000);
  });
});

describe('collecting garbage', () => {
  it('reads the stream to its end and counts', async () => {
    const lines = [{ Key: { '/': 'QmA' } }, { Key: { '/': 'QmB' } }, { Error: 'could not delete' }];
    const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const { endPoint, received } = await daemon(200, body);
    const result = await clientOf(endPoint).collectGarbage(going);
    expect(result).toEqual({ removedBlocks: 2, errors: ['could not delete'] });
    expect(received[0]?.url).toBe('/api/v0/repo/gc?stream-errors=true');
  });

  it('does not count a run that only says that single blocks failed as no run', async () => {
    const body = '{"Key":{"/":"QmA"}}\n{"Error":"one"}\n';
    const { endPoint } = await daemon(200, body, 'encountered errors during gc run');
    expect(await clientOf(endPoint).collectGarbage(going)).toEqual({ removedBlocks: 1, errors: ['one'] });
  });

  it('rejects a run that failed', async () => {
    const { endPoint } = await daemon(200, '{"Key":{"/":"QmA"}}\n', 'context deadline exceeded');
    expect((await failure(clientOf(endPoint).collectGarbage(going))).code).toBe('IPFS_REFUSED');
  });

  it('waits for hours while the daemon is silent', async () => {
    const clock = new ManualClock();
    let finish: (() => void) | undefined;
    const { endPoint } = await localServer((_, response) => {
      finish = () => response.end('{"Key":{"/":"QmA"}}\n');
    });
    const collecting = clientOf(endPoint, clock).collectGarbage(going);
    await until(() => finish !== undefined && clock.sleeping > 0);
    await clock.advance(8 * 3600_000);
    finish?.();
    expect(await collecting).toEqual({ removedBlocks: 1, errors: [] });
  });
});

describe('asking about the daemon', () => {
  it('reads the size of the repository without counting its blocks', async () => {
    const { endPoint, received } = await daemon(
      200,
      '{"NumObjects":0,"RepoPath":"","Version":"","RepoSize":5,"StorageMax":250000000000}',
    );
    expect(await clientOf(endPoint).repoSize(going)).toEqual({ sizeBytes: 5, storageMaxBytes: 250_000_000_000 });
    expect(received[0]?.url).toContain('size-only=true');
  });

  it('tells a repository without a limit', async () => {
    const { endPoint } = await daemon(200, '{"NumObjects":0,"RepoSize":5,"StorageMax":18446744073709551615}');
    expect(await clientOf(endPoint).repoSize(going)).toEqual({ sizeBytes: 5, storageMaxBytes: null });
  });

  it('reads version and identity of both daemons', async () => {
    const version = await daemon(200, { Version: '0.8.0', Commit: 'cc95853d9' });
    expect(await clientOf(version.endPoint).version(going)).toBe('0.8.0');
    const peerId = '12D3KooWQ52cYz9Qs5KvfZmHkk1oFoQCgX8otrBzdDGzERwArnbP';
    const id = await daemon(200, { ID: peerId, AgentVersion: 'go-ipfs/0.8.0/', Addresses: null });
    expect(await clientOf(id.endPoint).identity(going)).toEqual({ peerId, agentVersion: 'go-ipfs/0.8.0/' });
  });

  it.each<[string, number, unknown, ErrorCode]>([
    ['no version', 200, {}, 'IPFS_BAD_ANSWER'],
    ['null', 200, 'null', 'IPFS_BAD_ANSWER'],
    ['half a body', 200, '{"Vers', 'IPFS_BAD_ANSWER'],
    ['a refusal', 403, '403 - Forbidden', 'IPFS_REFUSED'],
  ])('throws for %s', async (_, status, body, code) => {
    const { endPoint } = await daemon(status, body);
    expect((await failure(clientOf(endPoint).version(going))).code).toBe(code);
  });

  it('is unreachable when nobody listens, or answers in time', async () => {
    const nobody = await failure(clientOf(await closedEndPoint()).version(going));
    expect(nobody.code).toBe('IPFS_UNREACHABLE');
    expect(nobody.message).toContain('ECONNREFUSED');
    const clock = new ManualClock();
    const silent = await localServer(() => undefined);
    const asking = failure(clientOf(silent.endPoint, clock).version(going));
    await until(() => silent.received.length > 0 && clock.sleeping > 0);
    await clock.advance(30_000);
    expect((await asking).code).toBe('IPFS_UNREACHABLE');
  });

  it('says of an answer that broke off that it did, and not that nobody is there', async () => {
    const { endPoint } = await localServer((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"Vers', () => response.destroy());
    });
    const error = await failure(clientOf(endPoint).version(going));
    expect(error.code).toBe('IPFS_UNREACHABLE');
    expect(error.message).toContain('broke its answer off');
  });

  it('gives an abort error', async () => {
    const silent = await localServer(() => undefined);
    const stop = new AbortController();
    const asking = rejection(clientOf(silent.endPoint).version(stop.signal));
    await until(() => silent.received.length > 0);
    stop.abort();
    expect(await asking).toSatisfy(isAbort);
  });

  it('sends credentials on both ways, and shows them nowhere', async () => {
    const { endPoint, received } = await localServer((_, response) => response.writeHead(403).end('no'), 'me:s3cret@');
    const client = clientOf(endPoint);
    const errors = [await failure(client.version(going)), await failure(client.collectGarbage(going))];
    const header = `Basic ${Buffer.from('me:s3cret').toString('base64')}`;
    expect(received.map(({ headers }) => headers.authorization)).toEqual([header, header]);
    for (const error of errors) {
      expect(`${error.message}${JSON.stringify(error.data)}${String(error.cause)}`).not.toContain('s3cret');
    }
  });
});
