import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CoordinatorClient } from '../../../src/clients/coordinator/coordinator-client.ts';
import { UndiciTransport } from '../../../src/clients/http/undici-transport.ts';
import { SworkerClient } from '../../../src/clients/sworker/sworker-client.ts';
import { EndPoint } from '../../../src/config/end-point.ts';
import { Secret } from '../../../src/config/secret.ts';
import type { ErrorCode } from '../../../src/domain/errors.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { closedEndPoint, type LocalServer, localServer } from '../../support/local-server.ts';
import { failure } from '../../support/rejection.ts';

const cid = 'QmY3yV46Kj4kySVUky35jhZFCwsebHm9GD9oVD4UzrqmsV';
const going = new AbortController().signal;

function clientOf(endPoint: EndPoint): CoordinatorClient {
  const client = new CoordinatorClient({
    endPoint,
    nodeUuid: 'node-1',
    authToken: new Secret('t0ken'),
    transport: new UndiciTransport(endPoint),
    clock: new SystemClock(),
  });
  onTestFinished(async () => client.close());
  return client;
}

async function coordinator(
  status: number,
  body: unknown,
): Promise<LocalServer & { readonly client: CoordinatorClient }> {
  const server = await localServer((_, response) => {
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  return { ...server, client: clientOf(server.endPoint) };
}

describe('the seal coordinator', () => {
  it('is asked with node and token, below the path of its address', async () => {
    const { port, received } = await coordinator(200, { seal: true, reason: 'ok' });
    const endPoint = EndPoint.parse(`http://127.0.0.1:${String(port)}/api/`, ['http:']);
    if (endPoint === undefined) throw new Error('no address');
    const client = clientOf(endPoint);
    await client.ping(going);
    expect(await client.requestSeal(cid, going)).toEqual({ seal: true });
    await client.withdrawSeal(cid, going);
    expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /api/ping',
      `POST /api/node/node-1/seal/${cid}`,
      `DELETE /api/node/node-1/seal/${cid}`,
    ]);
    for (const { headers } of received) {
      expect(headers['nodeid']).toBe('node-1');
      expect(headers.authorization).toBe('Bearer t0ken');
    }
  });

  it.each<[number, ErrorCode]>([
    [204, 'COORDINATOR_BAD_ANSWER'],
    [404, 'COORDINATOR_BAD_ANSWER'],
    [500, 'COORDINATOR_BAD_ANSWER'],
    [503, 'COORDINATOR_UNREACHABLE'],
    [401, 'COORDINATOR_UNAUTHORIZED'],
  ])('has not answered a ping with HTTP %i', async (status, code) => {
    const { client } = await coordinator(status, '');
    const error = await failure(client.ping(going));
    expect(error.code).toBe(code);
    expect(`${error.message}${JSON.stringify(error.data)}`).not.toContain('t0ken');
  });

  it.each<[string, number, unknown, string]>([
    ['skipFile', 200, { seal: false, reason: 'skipFile' }, 'skipFile'],
    ['pullDisabled', 200, { seal: false, reason: 'pullDisabled' }, 'pullDisabled'],
    ['failed', 200, { seal: false, reason: 'failed' }, 'failed'],
    ['yes without ok', 200, { seal: true, reason: 'skipFile' }, 'skipFile'],
    ['no with ok', 200, { seal: false, reason: 'ok' }, 'failed'],
    ['a reason nobody knows', 200, { seal: false, reason: 'full moon' }, 'failed'],
    ['text', 200, 'yes', 'failed'],
    ['text where a switch should stand', 200, { seal: 'true', reason: 'ok' }, 'failed'],
    ['nothing', 200, '', 'failed'],
    ['a yes with a failure', 500, { seal: true, reason: 'ok' }, 'failed'],
    ['not found', 404, '', 'failed'],
  ])('does not allow a seal: %s', async (_, status, body, reason) => {
    const { client } = await coordinator(status, body);
    expect(await client.requestSeal(cid, going)).toMatchObject({ seal: false, reason });
  });

  it.each([200, 204, 404])('has answered a withdrawal with HTTP %i, whatever its body', async (status) => {
    const { client } = await coordinator(status, status === 204 ? '' : 'no JSON');
    await expect(client.withdrawSeal(cid, going)).resolves.toBeUndefined();
  });

  it.each<[number, ErrorCode]>([
    [500, 'COORDINATOR_BAD_ANSWER'],
    [400, 'COORDINATOR_BAD_ANSWER'],
    [502, 'COORDINATOR_UNREACHABLE'],
    [401, 'COORDINATOR_UNAUTHORIZED'],
  ])('has not answered a withdrawal with HTTP %i', async (status, code) => {
    const { client } = await coordinator(status, '');
    expect((await failure(client.withdrawSeal(cid, going))).code).toBe(code);
  });

  it('is away when nobody listens or the connection is cut', async () => {
    const nobody = clientOf(await closedEndPoint());
    expect((await failure(nobody.requestSeal(cid, going))).code).toBe('COORDINATOR_UNREACHABLE');
    const { endPoint } = await localServer((_, response) => response.destroy());
    expect((await failure(clientOf(endPoint).withdrawSeal(cid, going))).code).toBe('COORDINATOR_UNREACHABLE');
  });
});

describe('an answer that repeats the headers it was sent', () => {
  it.each([200, 500])('is told without the token, with HTTP %i', async (status) => {
    const server = await localServer(({ headers }, response) => {
      response.writeHead(status).end(JSON.stringify({ seal: false, reason: 'failed', sent: headers.authorization }));
    });
    const answer = await clientOf(server.endPoint).requestSeal(cid, going);
    expect(server.received[0]?.headers.authorization).toBe('Bearer t0ken');
    expect(JSON.stringify(answer)).toContain('[secret]');
    expect(JSON.stringify(answer)).not.toContain('t0ken');
  });

  it('is told without the credentials of the address, also in the error', async () => {
    const server = await localServer(({ headers }, response) => {
      response.writeHead(500).end(JSON.stringify({ authorization: headers.authorization }));
    });
    const endPoint = EndPoint.parse(`http://me:s3cret@127.0.0.1:${String(server.port)}`, ['http:']);
    if (endPoint === undefined) throw new Error('no address');
    const transport = new UndiciTransport(endPoint);
    const client = new SworkerClient({ endPoint, transport, clock: new SystemClock() });
    onTestFinished(async () => client.close());
    const error = await failure(client.workload(going));
    expect(error.message).toContain('Basic [secret]');
    expect(inspect(error)).not.toContain(Buffer.from('me:s3cret').toString('base64'));
  });
});
