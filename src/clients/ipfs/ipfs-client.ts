import { z } from 'zod';
import type { EndPoint } from '../../config/end-point.ts';
import type { SmError } from '../../domain/errors.ts';
import { GIB, HOUR_MS, KIB, MIB, MINUTE_MS } from '../../domain/units.ts';
import { printable } from '../../lib/printable.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type Call, type CallLimits, HttpService } from '../http/service.ts';
import type { HttpTransport } from '../http/transport.ts';
import { command } from './command.ts';
import { DaemonFacts } from './daemon-facts.ts';
import { DaemonError, daemonLines } from './daemon-stream.ts';
import type {
  GarbageCollection,
  Ipfs,
  IpfsIdentity,
  PinAddOptions,
  PinAddResult,
  PinAgainResult,
  PinRefusal,
  RepoSize,
} from './ipfs.ts';
import { KuboRpc } from './kubo-rpc.ts';
import { PinAgain } from './pin-again.ts';
import { isStopping, readRefusal } from './pin-message.ts';

// go-ipfs writes `Pins: null` beside every progress, and leaves a progress of 0 out.
const pinLine = z.object({ Pins: z.array(z.string()).nullish(), Progress: z.number().optional() });
const listLine = z.union([
  z.object({ Cid: z.string(), Type: z.string() }),
  z.object({ Keys: z.record(z.string(), z.object({ Type: z.string() })) }),
  z
    .object({})
    .strict()
    .transform(() => ({ Keys: {} })),
]);
const gcLine = z.union([
  z.object({ Error: z.string().min(1) }),
  z.object({ Error: z.literal('').optional(), Key: z.object({ '/': z.string() }) }),
]);

const maxErrorsKept = 10;
const endless = { limitMs: Infinity, maxBytes: Infinity };

/** A go-ipfs 0.8 or Kubo daemon, Crust-patched or not, by its RPC interface. */
export class IpfsClient implements Ipfs {
  readonly #service: HttpService;
  readonly #facts: DaemonFacts;
  readonly #rpc: KuboRpc;
  readonly #pinAgain: PinAgain;

  constructor(options: { endPoint: EndPoint; transport: HttpTransport; clock: Clock }) {
    this.#service = new HttpService({
      ...options,
      names: {
        service: 'The IPFS daemon',
        unreachable: 'IPFS_UNREACHABLE',
        badAnswer: 'IPFS_BAD_ANSWER',
        brokenOff: 'IPFS_UNREACHABLE',
      },
    });
    this.#facts = new DaemonFacts(this.#service);
    this.#rpc = new KuboRpc({ ...options, service: this.#service });
    this.#pinAgain = new PinAgain(this.#service);
  }

  async pinAdd(cid: string, { signal, onProgress }: PinAddOptions): Promise<PinAddResult> {
    const call = command(`pin/add?arg=${encodeURIComponent(cid)}&recursive=true&progress=true`);
    let pinned = false;
    try {
      for await (const value of daemonLines(this.#service, call, { signal, ...endless, maxLineBytes: 64 * KIB })) {
        const line = this.#service.checked(pinLine, call, value);
        if (line.Pins !== undefined && line.Pins !== null && line.Pins.length > 0) pinned = true;
        else onProgress(line.Progress ?? 0);
      }
    } catch (error) {
      if (!(error instanceof DaemonError)) throw error;
      return this.#pinRefusal(call, error);
    }
    if (!pinned) throw this.#service.badAnswer(call, 'it ended without saying what became of the pin');
    return { kind: 'pinned' };
  }

  async *pinnedRoots(signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const call: Call = { ...command('pin/ls?type=recursive&stream=true'), readsSlowly: true };
    for await (const value of this.#lines(call, { signal, limitMs: 30 * MINUTE_MS, maxBytes: GIB })) {
      const line = this.#service.checked(listLine, call, value);
      if ('Cid' in line) yield line.Cid;
      else yield* Object.keys(line.Keys);
    }
  }

  async collectGarbage(signal: AbortSignal): Promise<GarbageCollection> {
    const call: Call = { ...command('repo/gc?stream-errors=true'), readsSlowly: true };
    const errors: string[] = [];
    let removedBlocks = 0;
    const limits = { signal, limitMs: 12 * HOUR_MS, maxBytes: 64 * GIB, maxLineBytes: MIB };
    try {
      for await (const value of daemonLines(this.#service, call, limits)) {
        const line = this.#service.checked(gcLine, call, value);
        if (line.Error === undefined || line.Error === '') removedBlocks += 1;
        else if (errors.length < maxErrorsKept) errors.push(printable(line.Error, 300));
      }
    } catch (error) {
      if (!(error instanceof DaemonError)) throw error;
      // With errors streamed, the failure at the end only says that there were some: the run itself went through.
      if (errors.length === 0) throw this.#refused(call, error);
    }
    return { removedBlocks, errors };
  }

  async pinAgain(cid: string, signal: AbortSignal): Promise<PinAgainResult> {
    return this.#pinAgain.pin(cid, signal);
  }

  async isPinned(cid: string, signal: AbortSignal): Promise<boolean> {
    return this.#rpc.isPinned(cid, signal);
  }

  async pinRemove(cid: string, signal: AbortSignal): Promise<'removed' | 'not-pinned'> {
    return this.#rpc.pinRemove(cid, signal);
  }

  async repoSize(signal: AbortSignal): Promise<RepoSize> {
    return this.#facts.repoSize(signal);
  }

  async identity(signal: AbortSignal): Promise<IpfsIdentity> {
    return this.#facts.identity(signal);
  }

  async version(signal: AbortSignal): Promise<string> {
    return this.#facts.version(signal);
  }

  async close(): Promise<void> {
    await this.#service.close();
  }

  /** Lines of a command for which the daemon's refusal is an error. */
  async *#lines(call: Call, limits: CallLimits): AsyncGenerator<unknown, void, undefined> {
    try {
      yield* daemonLines(this.#service, call, { ...limits, maxLineBytes: MIB });
    } catch (error) {
      throw error instanceof DaemonError ? this.#refused(call, error) : error;
    }
  }

  #pinRefusal(call: Call, error: DaemonError): PinRefusal {
    if (isStopping(error.text)) {
      throw this.#service.error('IPFS_UNREACHABLE', call, `is stopping: ${error.message}`, {}, error);
    }
    // 200 with a trailer or an error line, 400 and 500 are the command's own failures; another status comes from before it.
    if (![200, 400, 500].includes(error.httpStatus)) throw this.#refused(call, error);
    return readRefusal(error.text);
  }

  #refused(call: Call, error: DaemonError): SmError {
    const data = { httpStatus: error.httpStatus };
    return this.#service.error('IPFS_REFUSED', call, `refused: ${error.message}`, data, error);
  }
}
