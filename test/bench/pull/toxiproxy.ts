import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { request } from 'undici';
import { projectFile } from '../../../devnet/project-file.ts';
import { guardChild } from '../../../devnet/world/guard-child.ts';

const run = promisify(execFile);

/** A TCP link with a bandwidth, towards whoever connects to it. */
export interface NarrowLink {
  readonly port: number;
  close(): Promise<void>;
}

/** Builds the pinned toxiproxy into the user's cache when it is not there; takes some seconds then. */
async function toxiproxyBinary(): Promise<string> {
  const { stdout } = await run(process.execPath, [projectFile('scripts/build-toxiproxy.mjs')]);
  return stdout.trim();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A link to a port of this machine that carries at most so many bytes a second towards the one who connects. */
export async function openNarrowLink(toPort: number, bytesPerSecond: number): Promise<NarrowLink> {
  const apiPort = await freePort();
  const server = spawn(await toxiproxyBinary(), ['-host', '127.0.0.1', '-port', String(apiPort)], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { ...process.env, LOG_LEVEL: 'error' },
  });
  guardChild(server);
  const api = `http://127.0.0.1:${apiPort}`;
  await untilAnswering(`${api}/version`, server);
  const { listen } = await post<{ listen: string }>(`${api}/proxies`, {
    name: 'link',
    listen: '127.0.0.1:0',
    upstream: `127.0.0.1:${toPort}`,
    enabled: true,
  });
  // Its KB are of 1000 bytes.
  const attributes = { rate: Math.round(bytesPerSecond / 1000) };
  await post(`${api}/proxies/link/toxics`, { type: 'bandwidth', stream: 'downstream', attributes });
  return {
    port: Number(listen.slice(listen.lastIndexOf(':') + 1)),
    close: async () => {
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
    },
  };
}

async function untilAnswering(url: string, server: { readonly exitCode: number | null }): Promise<void> {
  for (;;) {
    try {
      const answer = await request(url);
      await answer.body.dump();
      return;
    } catch (error) {
      if (server.exitCode !== null) throw new Error('toxiproxy ended before it answered', { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function post<T>(url: string, body: unknown): Promise<T> {
  const answer = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'smanager-bench' },
    body: JSON.stringify(body),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`toxiproxy answered ${answer.statusCode}: ${text}`);
  return JSON.parse(text) as T;
}
