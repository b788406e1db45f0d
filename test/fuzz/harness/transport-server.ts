import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HttpTransport } from '../../../src/clients/http/transport.ts';

/** Answers over a real socket what transports answer, for a client that brings a transport of its own (kubo-rpc-client: the platform's fetch). */
export class TransportServer {
  readonly #server: Server;
  readonly #transports = new Map<string, HttpTransport>();
  #last = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    // Nothing that a fuzzed answer leaves open is to hold the process.
    this.#server.unref();
    this.#server.on('connection', (socket) => socket.unref());
  }

  static async start(): Promise<TransportServer> {
    const started = new TransportServer();
    await new Promise<void>((resolve) => started.#server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  /** `ask` is given the address at which `transport` answers while it lasts. */
  async during<T>(transport: HttpTransport, ask: (url: string) => Promise<T>): Promise<T> {
    this.#last += 1;
    const name = String(this.#last);
    this.#transports.set(name, transport);
    try {
      return await ask(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${name}`);
    } finally {
      this.#transports.delete(name);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, name = '', ...path] = (request.url ?? '').split('/');
    const transport = this.#transports.get(name);
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    try {
      if (transport === undefined) throw new Error(`nobody answers at ${name}`);
      const answer = await transport.send({ method: 'POST', path: `/${path.join('/')}`, signal: gone.signal });
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      await pipeline(Readable.from(answer.body), response);
    } catch {
      // The client has given the answer up, or it broke off: that is what is tested.
      response.destroy();
    }
  }
}
