import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { EndPoint } from '../../src/config/end-point.ts';

interface Received {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface LocalServer {
  readonly endPoint: EndPoint;
  readonly port: number;
  readonly received: Received[];
}

export type Answering = (request: Received, response: http.ServerResponse) => void;

/** An HTTP server on a port of its own that answers as told, and is gone with every connection when the test has ended. */
export async function localServer(answer: Answering, credentials = ''): Promise<LocalServer> {
  const received: Received[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const entry = { method, url, headers, body: Buffer.concat(chunks).toString() };
      received.push(entry);
      answer(entry, response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { endPoint: endPointAt(`http://${credentials}127.0.0.1:${String(port)}`), port, received };
}

export function endPointAt(url: string): EndPoint {
  const endPoint = EndPoint.parse(url, ['http:', 'https:']);
  if (endPoint === undefined) throw new Error(`no address: ${url}`);
  return endPoint;
}

/** An address on which nobody listens. */
export async function closedEndPoint(): Promise<EndPoint> {
  const server = http.createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return endPointAt(`http://127.0.0.1:${String(port)}`);
}
