import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../http/body.ts';
import { HttpFaults } from '../http/faults.ts';
import { type HttpListener, listenHttp } from '../http/listen.ts';
import type { SworkerModel } from './model.ts';
import { parseRawQuery, type SworkerResponse, text } from './wire.ts';

export interface SworkerServer {
  /** What the bot's configuration names: origin and base path. */
  readonly apiUrl: string;
  readonly port: number;
  readonly faults: HttpFaults;
  /** Stops listening and cuts connections, as when sWorker is killed; the model lives on. */
  close(): Promise<void>;
}

/** Puts a model on a loopback port; 0 takes a free one. */
export async function startSworkerServer(model: SworkerModel, port = 0): Promise<SworkerServer> {
  const faults = new HttpFaults();
  const listener: HttpListener = await listenHttp(
    faults.wrap((request, response) => void serve(model, request, response)),
    port,
  );
  return {
    apiUrl: `${listener.origin}/api/v0`,
    port: listener.port,
    faults,
    close: () => listener.close(),
  };
}

async function serve(model: SworkerModel, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let answer: SworkerResponse;
  try {
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const body = await readBody(request);
    answer = await model.handle({ method: request.method ?? '', path, query: parseRawQuery(query), body });
  } catch (error) {
    if (response.destroyed || request.destroyed) return;
    answer = text(500, error instanceof Error ? error.message : String(error));
  }
  response.writeHead(answer.status, {
    'Content-Type': answer.contentType,
    'Content-Length': Buffer.byteLength(answer.body),
  });
  response.end(answer.body);
}
