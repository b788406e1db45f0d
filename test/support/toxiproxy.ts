import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { request } from 'undici';
import { projectFile } from '../../devnet/project-file.ts';
import { guardChild } from '../../devnet/world/guard-child.ts';

const run = promisify(execFile);

/**
 * What befalls the bytes of a link, after https://github.com/Shopify/toxiproxy#toxics. `downstream` is towards the one who connects. `latency`, `jitter`
 * and `delay` are ms, but for the slicer's, which is µs; `rate` is KB (of 1000 bytes) a second; a `timeout` of 0 drops all bytes and keeps the connection.
 */
export type Toxic = { readonly stream: 'upstream' | 'downstream' } & (
  | { readonly type: 'latency'; readonly attributes: { readonly latency: number; readonly jitter: number } }
  | { readonly type: 'bandwidth'; readonly attributes: { readonly rate: number } }
  | { readonly type: 'slow_close'; readonly attributes: { readonly delay: number } }
  | { readonly type: 'timeout' | 'reset_peer'; readonly attributes: { readonly timeout: number } }
  | {
      readonly type: 'slicer';
      readonly attributes: { readonly average_size: number; readonly size_variation: number; readonly delay: number };
    }
  | { readonly type: 'limit_data'; readonly attributes: { readonly bytes: number } }
);

/** A TCP proxy with bandwidths and faults, as a process of its own. */
export class Toxiproxy {
  readonly #server: ChildProcess;
  readonly #api: string;

  private constructor(server: ChildProcess, api: string) {
    this.#server = server;
    this.#api = api;
  }

  /** Builds the pinned toxiproxy into the user's cache when it is not there, which takes some seconds. */
  static async start(): Promise<Toxiproxy> {
    const { stdout: binary } = await run(process.execPath, [projectFile('scripts/build-toxiproxy.mjs')]);
    const apiPort = await freePort(0);
    const server = spawn(binary.trim(), ['-host', '127.0.0.1', '-port', String(apiPort)], {
      stdio: ['ignore', 'ignore', 'ignore'],
      env: { ...process.env, LOG_LEVEL: 'error' },
    });
    guardChild(server);
    const proxy = new Toxiproxy(server, `http://127.0.0.1:${apiPort}`);
    await proxy.#untilAnswering();
    return proxy;
  }

  /** A link to a port of this machine, without faults. `name` is its own among those of this proxy. */
  async link(name: string, toPort: number): Promise<TcpLink> {
    const port = await portOfItsOwn();
    await this.#ask('POST', '/proxies', {
      name,
      listen: `127.0.0.1:${port}`,
      upstream: `127.0.0.1:${toPort}`,
      enabled: true,
    });
    return new TcpLink(port, async (method, path, body) => await this.#ask(method, `/proxies/${name}${path}`, body));
  }

  /** Takes every fault of every link away. */
  async heal(): Promise<void> {
    await this.#ask('POST', '/reset');
  }

  async close(): Promise<void> {
    if (this.#server.exitCode !== null) return;
    const gone = once(this.#server, 'exit');
    this.#server.kill('SIGKILL');
    await gone;
  }

  async #untilAnswering(): Promise<void> {
    for (;;) {
      try {
        return await this.#ask('GET', '/version');
      } catch (error) {
        if (this.#server.exitCode !== null) throw new Error('toxiproxy ended before it answered', { cause: error });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  async #ask(method: Method, path: string, body?: unknown): Promise<void> {
    const answer = await request(`${this.#api}${path}`, {
      method,
      headers: { 'content-type': 'application/json', 'user-agent': 'smanager-tests' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`toxiproxy answered ${answer.statusCode}: ${text}`);
  }
}

type Method = 'GET' | 'POST' | 'PATCH';

/** A TCP link to one port. */
export class TcpLink {
  /** Where to connect to, on this machine. */
  readonly port: number;
  readonly #ask: (method: Method, path: string, body: unknown) => Promise<void>;

  constructor(port: number, ask: (method: Method, path: string, body: unknown) => Promise<void>) {
    this.port = port;
    this.#ask = ask;
  }

  /** Adds a fault to connections that stand and to new ones. */
  async add(toxic: Toxic): Promise<void> {
    await this.#ask('POST', '/toxics', toxic);
  }

  /** Ends every connection and refuses new ones. */
  async refuse(): Promise<void> {
    await this.#ask('PATCH', '', { enabled: false });
  }

  /** Ends every connection and accepts new ones. */
  async cut(): Promise<void> {
    await this.refuse();
    await this.#ask('PATCH', '', { enabled: true });
  }
}

/** 0 lets the system choose. Rejects with `EADDRINUSE` when it is taken. */
async function freePort(wanted: number): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const FIRST_PORT = 20_000;
const PORTS = 12_000;

/**
 * A port that the system gives to nobody by itself. While a link refuses connections its port is free: among the system's own it could be taken in
 * between, and whoever tries again and again to connect would at last be connected to itself.
 */
async function portOfItsOwn(): Promise<number> {
  for (;;) {
    try {
      return await freePort(FIRST_PORT + Math.floor(Math.random() * PORTS));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    }
  }
}
