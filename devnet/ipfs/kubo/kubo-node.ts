import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { request } from 'undici';
import { guardChild } from '../../world/guard-child.ts';
import type { PlainNode } from '../plain-node.ts';
import { type KuboPorts, writeKuboConfig } from './kubo-config.ts';

const run = promisify(execFile);

export interface KuboOptions {
  readonly binary: string;
  /** The repository; made when it is not there. A node started on it again has the same identity, ports, blocks and pins. */
  readonly dir: string;
  readonly storageMax?: string;
}

const STOP_TIMEOUT_MS = 10_000;

/** Starts a daemon that speaks on loopback only; rejects with its last words when it does not come up. */
export async function startKubo(options: KuboOptions): Promise<PlainNode> {
  const env = { ...process.env, IPFS_PATH: options.dir, IPFS_TELEMETRY: 'off' };
  await prepareRepo(options, env);
  const daemon = spawn(options.binary, ['daemon'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  guardChild(daemon);
  await untilReady(daemon);
  const apiUrl = await readApiUrl(options.dir);
  const address = await swarmAddress(apiUrl);
  await writeKuboConfig(options.dir, {
    ports: { api: Number(new URL(apiUrl).port), swarm: Number(address.split('/')[4]) },
    storageMax: options.storageMax ?? '10GB',
  });
  return {
    kind: 'kubo',
    style: 'kubo-0.42',
    apiUrl,
    address,
    async connect(peerAddress) {
      await post(apiUrl, `swarm/connect?arg=${encodeURIComponent(peerAddress)}`);
    },
    stop: () => end(daemon, 'SIGTERM'),
    kill: () => end(daemon, 'SIGKILL'),
  };
}

async function prepareRepo({ binary, dir, storageMax }: KuboOptions, env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await access(join(dir, 'config'));
    // A killed daemon leaves its address behind; only the new one's may be read.
    await rm(join(dir, 'api'), { force: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    await run(binary, ['init', '--empty-repo', '--algorithm=ed25519', '--profile=test'], { env });
    const anyPorts: KuboPorts = { api: 0, swarm: 0 };
    await writeKuboConfig(dir, { ports: anyPorts, storageMax: storageMax ?? '10GB' });
  }
}

async function untilReady(daemon: ChildProcess): Promise<void> {
  const lastLines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const hear = (line: string) => {
      lastLines.push(line);
      if (lastLines.length > 20) lastLines.shift();
      if (line.includes('Daemon is ready')) resolve();
    };
    for (const stream of [daemon.stdout, daemon.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', hear);
    }
    daemon.once('error', reject);
    daemon.once('exit', (code, signal) => {
      reject(new Error(`Kubo ended before it was ready (${signal ?? code}): ${lastLines.join(' | ')}`));
    });
  });
}

/** The `api` file holds a multiaddr such as `/ip4/127.0.0.1/tcp/5001`. */
async function readApiUrl(dir: string): Promise<string> {
  const port = (await readFile(join(dir, 'api'), 'utf8')).trim().split('/')[4];
  return `http://127.0.0.1:${port}/api/v0`;
}

async function swarmAddress(apiUrl: string): Promise<string> {
  const { Addresses } = JSON.parse(await post(apiUrl, 'id')) as { Addresses: string[] };
  const address = Addresses.find((candidate) => candidate.startsWith('/ip4/127.0.0.1/tcp/'));
  if (address === undefined) throw new Error('Kubo listens on no loopback address');
  return address;
}

async function post(apiUrl: string, command: string): Promise<string> {
  const answer = await request(`${apiUrl}/${command}`, { method: 'POST' });
  const body = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`Kubo answered ${command} with ${answer.statusCode}: ${body}`);
  return body;
}

async function end(daemon: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const exited = once(daemon, 'exit');
  daemon.kill(signal);
  const timer = setTimeout(() => daemon.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
