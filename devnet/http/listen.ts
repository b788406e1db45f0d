import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A listening HTTP server on loopback. */
export interface HttpListener {
  /** `http://127.0.0.1:<port>`, without a trailing slash. */
  readonly origin: string;
  readonly port: number;
  /** Cuts every open connection and goes on listening. */
  cutConnections(): void;
  /** Cuts every open connection, answers nothing more. Resolves when the port is free again. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1; port 0 takes a free one. Rejects when the port is taken. */
export async function listenHttp(listener: RequestListener, port = 0): Promise<HttpListener> {
  const server = createServer(listener);
  // A seal may take hours, and sWorker itself reads requests for up to 7200 s.
  server.requestTimeout = 0;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;
  return {
    origin: `http://127.0.0.1:${bound}`,
    port: bound,
    cutConnections: () => server.closeAllConnections(),
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
