import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { requestByNode } from '../../../src/clients/http/node-request.ts';
import { localServer } from '../../support/local-server.ts';

async function read(url: string, closing: AbortSignal): Promise<string> {
  const { signal } = new AbortController();
  const answer = await requestByNode({ url, method: 'GET', headers: {}, body: undefined, signal, closing });
  const parts: Uint8Array[] = [];
  for await (const part of answer.body) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** What `AbortSignal.any` leaves on a signal that outlives it. */
function dependants(signal: AbortSignal): number {
  const key = Object.getOwnPropertySymbols(signal).find(({ description }) => description === 'kDependantSignals');
  return key === undefined ? 0 : ((Reflect.get(signal, key) as Set<unknown> | null)?.size ?? 0);
}

describe('a request by Node', () => {
  it('leaves nothing on the signal of its transport, however it ends', async () => {
    const { port } = await localServer((_, response) => response.end('thanks'));
    const closing = new AbortController();
    const url = `http://127.0.0.1:${String(port)}`;
    for (let i = 0; i < 5; i += 1) expect(await read(url, closing.signal)).toBe('thanks');
    await expect(read('http://127.0.0.1:1', closing.signal)).rejects.toThrow('ECONNREFUSED');
    expect(getEventListeners(closing.signal, 'abort')).toEqual([]);
    expect(dependants(closing.signal)).toBe(0);
  });
});
