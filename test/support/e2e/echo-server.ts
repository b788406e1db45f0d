import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../../../devnet/http/body.ts';
import { listenHttp } from '../../../devnet/http/listen.ts';

export interface EchoServer {
  readonly origin: string;
  /** What was asked, as method and path. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** A service that answers everything with one status and, in the body, every header it was sent: the worst that a debugging proxy does. As a coordinator it refuses every seal unless it `grants` them. */
export async function startEchoServer(
  statusOf: (call: string) => number,
  { grants = false }: { readonly grants?: boolean } = {},
): Promise<EchoServer> {
  const asked: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    await readBody(request);
    const call = `${request.method} ${request.url}`;
    asked.push(call);
    const Message = `you sent ${request.rawHeaders.join(' ')}`;
    response.writeHead(statusOf(call), { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ Message, Type: 'error', seal: grants, reason: grants ? 'ok' : Message }));
  };
  const listener = await listenHttp((request, response) => {
    // The client went away.
    answer(request, response).catch(() => response.destroy());
  });
  return { origin: listener.origin, asked, close: () => listener.close() };
}
