import { setMaxListeners } from 'node:events';
import { request } from 'undici';
import { HttpFaults } from '../../http/faults.ts';
import { listenHttp } from '../../http/listen.ts';
import { IpfsRpcError } from '../backend.ts';
import { createProxy } from '../rpc/proxy.ts';
import { RpcBackend } from './rpc-backend.ts';
import { type RpcCall, rpcListener } from '../rpc/rpc-http.ts';
import { everyHalfSecond, servePinAdd, type Ticker } from '../rpc/rpc-pin-add.ts';
import type { RpcStyle } from '../rpc/rpc-style.ts';
import { RwLock } from './rw-lock.ts';
import { httpSealPort } from './seal-port.ts';
import { type PinAddOptions, SealingPinner } from './sealing-pinner.ts';

export interface SealingFrontOptions {
  /** The plain daemon's RPC, with `/api/v0`. */
  readonly backendUrl: string;
  /** sWorker's REST API, with `/api/v0`. */
  readonly sworkerUrl: string;
  readonly port?: number;
  readonly style?: RpcStyle;
  readonly ticker?: Ticker;
}

/** The RPC of a daemon that seals: what the bot is pointed at. */
export interface SealingFront {
  /** With `/api/v0`. */
  readonly apiUrl: string;
  readonly port: number;
  readonly faults: HttpFaults;
  /** Read by pins and `pin/rm`, written by `repo/gc`. */
  readonly lock: RwLock;
  /** `pin/rm` for sWorker's delete; a CID that is not pinned is fine. Waits while a garbage collection waits or runs. */
  unpin(cid: string, signal?: AbortSignal): Promise<void>;
  /** As SIGKILL: connections break, sWorker is told nothing, so its pending entries stay. */
  kill(): Promise<void>;
  /** As SIGTERM: running pins are cancelled, and sWorker is told. */
  close(): Promise<void>;
}

/** Commands that a garbage collection has to wait for. */
const readsPins: readonly string[] = ['pin/add', 'pin/rm', 'pin/update'];

/** How long an orderly stop waits for sWorker to answer. */
const STOP_WAIT_MS = 5000;

/** Stands in front of a plain daemon and seals around `pin/add`; every other command is passed on unchanged. */
export async function startSealingFront(options: SealingFrontOptions): Promise<SealingFront> {
  const style = options.style ?? 'kubo-0.42';
  const ticker = options.ticker ?? everyHalfSecond;
  const lock = new RwLock();
  const backend = new RpcBackend(options.backendUrl, style);
  const sealing = httpSealPort(options.sworkerUrl);
  const pinner = new SealingPinner({ backend, sealing, lock });
  const proxy = createProxy(new URL(options.backendUrl).origin);
  const faults = new HttpFaults();
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();

  const pinAdd = (cid: string, callOptions: PinAddOptions) => {
    const signal = AbortSignal.any([callOptions.signal, stopping.signal]);
    setMaxListeners(0, signal);
    return pinner.pinAdd(cid, { ...callOptions, signal });
  };

  async function passUnder(call: RpcCall, acquire: (signal: AbortSignal) => Promise<() => void>): Promise<void> {
    const release = await acquire(call.signal);
    try {
      await proxy.pass(call.request, call.reply.response);
    } finally {
      release();
    }
  }

  async function handle(call: RpcCall): Promise<void> {
    const recursive = call.query.get('recursive') !== 'false';
    if (call.command === 'pin/add' && recursive) return servePinAdd(call, { style, ticker, pinAdd });
    if (readsPins.includes(call.command)) return passUnder(call, (signal) => lock.read(signal));
    if (call.command === 'repo/gc') return passUnder(call, (signal) => lock.write(signal));
    return proxy.pass(call.request, call.reply.response);
  }

  const listener = await listenHttp(
    faults.wrap(
      rpcListener((call) => {
        const settled: Promise<void> = handle(call).finally(() => running.delete(settled));
        running.add(settled);
        return settled;
      }),
    ),
    options.port,
  );

  async function stop(): Promise<void> {
    stopping.abort(new IpfsRpcError('context canceled'));
    const cut = listener.close();
    const timer = setTimeout(() => void sealing.close(), STOP_WAIT_MS);
    await Promise.allSettled(running);
    clearTimeout(timer);
    await Promise.all([cut, backend.close(), sealing.close()]);
    proxy.close();
  }

  return {
    apiUrl: `${listener.origin}/api/v0`,
    port: listener.port,
    faults,
    lock,
    async unpin(cid, signal) {
      const release = await lock.read(signal);
      try {
        await removePin(options.backendUrl, cid, signal);
      } finally {
        release();
      }
    },
    async kill() {
      pinner.kill();
      // Connections break first: a pin that fails because its seal broke off must not be able to answer.
      const stopped = stop();
      await sealing.close();
      await stopped;
    },
    close: stop,
  };
}

async function removePin(apiUrl: string, cid: string, signal: AbortSignal | undefined): Promise<void> {
  const answer = await request(`${apiUrl}/pin/rm?arg=${encodeURIComponent(cid)}`, { method: 'POST', signal });
  const text = await answer.body.text();
  if (answer.statusCode !== 200 && !text.includes('not pinned')) throw new IpfsRpcError(text);
}
