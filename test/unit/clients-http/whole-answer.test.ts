import { describe, expect, it, onTestFinished } from 'vitest';
import type { WholeLimits } from '../../../src/clients/http/transport.ts';
import { UndiciTransport } from '../../../src/clients/http/undici-transport.ts';
import type { EndPoint } from '../../../src/config/end-point.ts';
import { isAbort } from '../../../src/domain/errors.ts';
import { closedEndPoint, localServer } from '../../support/local-server.ts';
import { rejection, until } from '../../support/rejection.ts';

const going = new AbortController().signal;

function transportTo(endPoint: EndPoint): UndiciTransport {
  const transport = new UndiciTransport(endPoint);
  onTestFinished(async () => transport.close());
  return transport;
}

function limits(maxBytes = 1000): WholeLimits & { readonly heads: () => number } {
  let heads = 0;
  return {
    maxBytes,
    tooLong: (sizeBytes) => new Error(`${sizeBytes} bytes`),
    onHead: () => (heads += 1),
    heads: () => heads,
  };
}

describe('an answer in one piece', () => {
  it('is all of what was sent, whatever its status', async () => {
    const { endPoint, received } = await localServer((_, response) => {
      response.writeHead(404);
      response.write('not ');
      response.end('here');
    });
    const told = limits();
    const request = { method: 'POST', path: '/a?b=c', body: '{}', headers: { 'x-one': '1' }, signal: going } as const;
    const { status, bytes } = await transportTo(endPoint).sendWhole(request, told);
    expect([status, Buffer.from(bytes).toString(), told.heads()]).toEqual([404, 'not here', 1]);
    expect(received[0]).toMatchObject({ url: '/a?b=c', headers: { 'x-one': '1' } });
  });

  it('rejects without a head when nobody listens, and with one when it is cut', async () => {
    const nobody = limits();
    const request = { method: 'GET', path: '/', signal: going } as const;
    await rejection(transportTo(await closedEndPoint()).sendWhole(request, nobody));
    const cut = await localServer((_, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half', () => response.destroy());
    });
    const broken = limits();
    await rejection(transportTo(cut.endPoint).sendWhole(request, broken));
    expect([nobody.heads(), broken.heads()]).toEqual([0, 1]);
  });

  it('is given up when it is longer than it may be, and the transport goes on', async () => {
    const { endPoint } = await localServer((_, response) => response.end('x'.repeat(2000)));
    const transport = transportTo(endPoint);
    const request = { method: 'GET', path: '/', signal: going } as const;
    expect(await rejection(transport.sendWhole(request, limits()))).toMatchObject({ message: '2000 bytes' });
    expect((await transport.sendWhole(request, limits(2000))).bytes).toHaveLength(2000);
  });

  it('ends with an abort error at any moment: before it begins, while nothing comes, in the middle', async () => {
    const silent = await localServer(() => undefined);
    const slow = await localServer((_, response) => void response.writeHead(200).write('half'));
    const asked = async (endPoint: EndPoint, stop: AbortController, when: (heads: () => number) => Promise<void>) => {
      const told = limits();
      const asking = rejection(
        transportTo(endPoint).sendWhole({ method: 'GET', path: '/', signal: stop.signal }, told),
      );
      await when(told.heads);
      stop.abort();
      return await asking;
    };
    const stopped = new AbortController();
    stopped.abort();
    expect(await asked(silent.endPoint, stopped, async () => undefined)).toSatisfy(isAbort);
    expect(await asked(silent.endPoint, new AbortController(), async () => undefined)).toSatisfy(isAbort);
    const waiting = async (): Promise<void> => await until(() => silent.received.length > 0);
    expect(await asked(silent.endPoint, new AbortController(), waiting)).toSatisfy(isAbort);
    const half = async (heads: () => number): Promise<void> => await until(() => heads() === 1);
    expect(await asked(slow.endPoint, new AbortController(), half)).toSatisfy(isAbort);
  });
});
