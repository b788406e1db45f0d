import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ZodError, z } from 'zod';

import { CONTROL_ACTIONS, ControlError, control, fileStatus, status } from './control.ts';
import type { ControlTarget } from './control.ts';

/**
 * The control API over HTTP on the loopback interface: `POST /<action>` with a JSON body, `GET /` for the state of the
 * chain and the names of the actions, `GET /file?cid=…` for an order.
 */
export class ControlServer {
  readonly #http: Server;

  private constructor(http: Server) {
    this.#http = http;
  }

  /** Port 0 takes a free one. */
  static async listen(target: ControlTarget, port = 0): Promise<ControlServer> {
    const http = createServer((request, response) => {
      void respond(target, request, response);
    });
    http.listen(port, '127.0.0.1');
    await once(http, 'listening');
    return new ControlServer(http);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise<void>((resolve, reject) => {
      this.#http.close((error) => (error === undefined ? resolve() : reject(error)));
    });
  }
}

async function respond(target: ControlTarget, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { statusCode, body } = await answer(target, request);
  response.writeHead(statusCode, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

async function answer(target: ControlTarget, request: IncomingMessage) {
  try {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const body = await text(request);
    if (request.method === 'POST') {
      return { statusCode: 200, body: control(target, pathname.slice(1), JSON.parse(body === '' ? '{}' : body)) };
    }
    if (pathname === '/file') return { statusCode: 200, body: fileStatus(target, searchParams.get('cid') ?? '') };
    return { statusCode: 200, body: { ...status(target), actions: CONTROL_ACTIONS } };
  } catch (error) {
    return { statusCode: statusOf(error), body: { error: messageOf(error) } };
  }
}

function statusOf(error: unknown): number {
  if (error instanceof ControlError) return error.status;
  return error instanceof ZodError || error instanceof SyntaxError ? 400 : 500;
}

function messageOf(error: unknown): string {
  if (error instanceof ZodError) return z.prettifyError(error);
  return error instanceof Error ? error.message : String(error);
}
