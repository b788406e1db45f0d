import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** Passes requests on to another origin, both bodies streamed, headers and trailers unchanged. */
export interface Proxy {
  /** Resolves when the answer was passed on whole; rejects when either side broke off. */
  pass(request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): void;
}

export function createProxy(origin: string): Proxy {
  const agent = new Agent({ keepAlive: true });
  return {
    pass: (request, response) => pass(origin, agent, request, response),
    close: () => agent.destroy(),
  };
}

async function pass(origin: string, agent: Agent, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const outgoing = httpRequest(new URL(request.url ?? '/', origin), {
    method: request.method,
    headers: { ...request.headers, host: new URL(origin).host },
    agent,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject);
  });
  const stop = () => outgoing.destroy(new Error('the client went away'));
  response.once('close', stop);
  try {
    const [, answer] = await Promise.all([pipeline(request, outgoing), answered]);
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.once('end', () => response.addTrailers(answer.trailers));
    await pipeline(answer, response);
  } finally {
    response.off('close', stop);
  }
}
