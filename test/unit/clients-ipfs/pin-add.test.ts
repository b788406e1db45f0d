import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type ErrorCode, isAbort } from '../../../src/domain/errors.ts';
import { localServer } from '../../support/local-server.ts';
import { failure, until } from '../../support/rejection.ts';
import { cid, clientOf, going } from './client-of.ts';

const pins = JSON.stringify({ Pins: [cid] });

/** What the daemon sends after a 200: JSON lines, then perhaps an error as a trailer. */
function stream(response: ServerResponse, lines: readonly string[], trailer?: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'x-chunked-output': '1', trailer: 'X-Stream-Error' });
  for (const line of lines) response.write(`${line}\n`);
  if (trailer !== undefined) response.addTrailers({ 'X-Stream-Error': trailer });
  response.end();
}

async function pinned(lines: readonly string[], trailer?: string): Promise<{ result: unknown; blocks: number[] }> {
  const { endPoint } = await localServer((_, response) => stream(response, lines, trailer));
  const blocks: number[] = [];
  const result = await clientOf(endPoint).pinAdd(cid, { signal: going, onProgress: (count) => blocks.push(count) });
  return { result, blocks };
}

describe('pinning with progress', () => {
  it('asks for a recursive pin with progress', async () => {
    const { endPoint, received } = await localServer((_, response) => stream(response, [pins]));
    await clientOf(endPoint).pinAdd(cid, { signal: going, onProgress: () => undefined });
    expect(received[0]).toMatchObject({
      method: 'POST',
      url: `/api/v0/pin/add?arg=${cid}&recursive=true&progress=true`,
    });
  });

  it('understands the lines of go-ipfs 0.8 and of Kubo', async () => {
    const old = await pinned(['{"Pins":null}', '{"Pins":null,"Progress":3}', '{"Pins":null,"Progress":9}', pins]);
    expect(old).toEqual({ result: { kind: 'pinned' }, blocks: [0, 3, 9] });
    const today = await pinned(['{}', '{"Progress":3,"Bytes":700}', '{"Progress":9,"Bytes":900}', pins]);
    expect(today).toEqual({ result: { kind: 'pinned' }, blocks: [0, 3, 9] });
  });

  it('reads lines however they are cut', async () => {
    const pieces = [`{"Progre`, `ss":5}\r`, `\n\n{"Pins":["`, cid, `"]}`];
    const { endPoint } = await localServer((_, response) => {
      const next = (): void => {
        const piece = pieces.shift();
        if (piece === undefined) response.end();
        else response.write(piece, () => setImmediate(next));
      };
      next();
    });
    const blocks: number[] = [];
    const result = await clientOf(endPoint).pinAdd(cid, { signal: going, onProgress: (count) => blocks.push(count) });
    expect(result).toEqual({ kind: 'pinned' });
    expect(blocks).toEqual([5]);
  });

  it.each([500, 400])('tells a refusal with HTTP %i', async (status) => {
    const { endPoint } = await localServer((_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ Message: 'pin: Seal response error code is: 8012', Code: 0, Type: 'error' }));
    });
    expect(await clientOf(endPoint).pinAdd(cid, { signal: going, onProgress: () => undefined })).toEqual({
      kind: 'refused',
      stage: 'start-seal',
      code: 8012,
      message: 'pin: Seal response error code is: 8012',
    });
  });

  it('tells a refusal that comes after 200, as a trailer or as a line', async () => {
    const expected = { kind: 'refused', stage: 'seal', httpStatus: 500, message: 'pin: Seal error code is: 500' };
    expect((await pinned(['{"Progress":1}'], expected.message)).result).toEqual(expected);
    const line = JSON.stringify({ Message: expected.message, Code: 0, Type: 'error' });
    expect((await pinned(['{"Progress":1}', line])).result).toEqual(expected);
    expect((await pinned([pins], expected.message)).result).toEqual(expected);
  });

  it.each<[string, readonly string[], string | undefined, ErrorCode]>([
    ['an end without a word', ['{"Progress":1}'], undefined, 'IPFS_BAD_ANSWER'],
    ['a line that is no JSON', ['{"Progress":'], undefined, 'IPFS_BAD_ANSWER'],
    ['a line of another shape', ['{"Pins":"all"}'], undefined, 'IPFS_BAD_ANSWER'],
    ['a line without an end', [`{"Pins":"${'x'.repeat(200_000)}`], undefined, 'IPFS_BAD_ANSWER'],
    ['a daemon that stops', ['{}'], 'pin: context canceled', 'IPFS_UNREACHABLE'],
  ])('rejects %s', async (_, lines, trailer, code) => {
    expect((await failure(pinned(lines, trailer))).code).toBe(code);
  });

  it.each<[number, ErrorCode]>([
    [502, 'IPFS_UNREACHABLE'],
    [503, 'IPFS_UNREACHABLE'],
    [401, 'IPFS_REFUSED'],
    [403, 'IPFS_REFUSED'],
    [404, 'IPFS_REFUSED'],
  ])('rejects HTTP %i, which is no word about the pin', async (status, code) => {
    const { endPoint } = await localServer((_, response) => response.writeHead(status).end('<html>'));
    const error = await failure(clientOf(endPoint).pinAdd(cid, { signal: going, onProgress: () => undefined }));
    expect(error.code).toBe(code);
  });

  it('is unreachable when the daemon dies in the middle', async () => {
    const { endPoint } = await localServer((_, response) => {
      response.write('{"Progress":1}\n', () => response.destroy());
    });
    const error = await failure(clientOf(endPoint).pinAdd(cid, { signal: going, onProgress: () => undefined }));
    expect(error.code).toBe('IPFS_UNREACHABLE');
  });

  it('drops the request when it is aborted', async () => {
    let closed = false;
    const { endPoint } = await localServer((_, response) => {
      response.on('close', () => {
        closed = true;
      });
      response.write('{"Progress":1}\n');
    });
    const stop = new AbortController();
    const pulling = clientOf(endPoint).pinAdd(cid, { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(pulling).rejects.toSatisfy(isAbort);
    await until(() => closed);
  });
});
