import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Takes the bot's reports, and tells of each. */
export class ReportCollector {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(onReport: () => void): Promise<ReportCollector> {
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        onReport();
        response.end();
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return new ReportCollector(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
