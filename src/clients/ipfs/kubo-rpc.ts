import { isErrored } from 'node:stream';
import type { KuboRPCClient } from 'kubo-rpc-client';
import { CID } from 'multiformats/cid';
import { Agent, setGlobalDispatcher } from 'undici';
import { z } from 'zod';
import type { EndPoint } from '../../config/end-point.ts';
import { SmError, tooManyOpenFiles } from '../../domain/errors.ts';
import { KIB, MINUTE_MS, SECOND_MS } from '../../domain/units.ts';
import { canOpenFiles, isOutOfFiles } from '../../lib/open-files.ts';
import { printable } from '../../lib/printable.ts';
import type { Clock } from '../../runtime/clock.ts';
import { abortError } from '../http/abort.ts';
import { basicAuthorization } from '../http/authorization.ts';
import type { Call, HttpService } from '../http/service.ts';
import { TimeLimit } from '../http/time-limit.ts';
import { command } from './command.ts';

const refusal = z.object({
  name: z.literal('HTTPError'),
  response: z.object({ status: z.number(), body: z.instanceof(ReadableStream).nullable() }),
});

const quickMs = 30 * SECOND_MS;
// The pin lock is held against it while a garbage collection waits.
const unpinMs = 4 * MINUTE_MS;
/** The library's modules take up to 130 at once. */
const filesToLoad = 200;
/** Of either answer: the library reads what comes to its end, however long that is. */
const maxBytes = 64 * KIB;

/**
 * The daemon's commands about single pins, by kubo-rpc-client, which is loaded when one is asked for first: it takes a third of a second and
 * 25 MiB, and most bots never need it. It speaks through the platform's fetch, which shows no HTTP trailers: streams and long commands go another
 * way. Nothing else here uses that fetch, so that its dispatcher is where the library's answers can be bounded.
 */
export class KuboRpc {
  readonly #options: { readonly url: string; readonly headers: Record<string, string> };
  #loading: Promise<KuboRPCClient> | undefined;
  readonly #service: HttpService;
  readonly #clock: Clock;

  constructor({ endPoint, service, clock }: { endPoint: EndPoint; service: HttpService; clock: Clock }) {
    const url = new URL(endPoint.reveal());
    const headers = basicAuthorization(url);
    // fetch refuses an address that carries credentials.
    url.username = '';
    url.password = '';
    this.#options = { url: `${url.href.replace(/\/+$/u, '')}/api/v0`, headers };
    this.#service = service;
    this.#clock = clock;
  }

  async isPinned(cid: string, signal: AbortSignal): Promise<boolean> {
    const call = command('pin/ls');
    return this.#ask(call, quickMs, signal, async (limited) => {
      try {
        for await (const pin of (await this.#client()).pin.ls({ paths: cid, type: 'recursive', signal: limited })) {
          if (pin.type === 'recursive') return true;
        }
      } catch (error) {
        if (saysNotPinned(error)) return false;
        throw error;
      }
      throw this.#service.badAnswer(call, 'neither a pin nor the word that there is none');
    });
  }

  async pinRemove(cid: string, signal: AbortSignal): Promise<'removed' | 'not-pinned'> {
    const path = CID.parse(cid);
    return this.#ask(command('pin/rm'), unpinMs, signal, async (limited) => {
      try {
        await (await this.#client()).pin.rm(path, { recursive: true, signal: limited });
        return 'removed';
      } catch (error) {
        if (saysNotPinned(error)) return 'not-pinned';
        throw error;
      }
    });
  }

  async #client(): Promise<KuboRPCClient> {
    // What the platform failed to load once it never loads again, whatever has become of the reason.
    if (this.#loading === undefined && !canOpenFiles(filesToLoad)) throw tooManyOpenFiles();
    this.#loading ??= import('kubo-rpc-client').then(({ create }) => {
      // How long it may take is told by the call's own limit.
      setGlobalDispatcher(new Agent({ maxResponseSize: maxBytes, headersTimeout: 0, bodyTimeout: 0 }));
      return create(this.#options);
    });
    return await this.#loading;
  }

  async #ask<T>(
    call: Call,
    limitMs: number,
    signal: AbortSignal,
    ask: (limited: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const limit = new TimeLimit(this.#clock, limitMs, signal);
    try {
      return await limit.during(async () => ask(limit.signal));
    } catch (error) {
      if (error instanceof SmError) throw error;
      if (signal.aborted) throw abortError(signal);
      if (isOutOfFiles(error)) throw tooManyOpenFiles(error);
      throw this.#failure(call, error, limit);
    } finally {
      limit.release();
    }
  }

  #failure(call: Call, error: unknown, limit: TimeLimit): Error {
    if (limit.reached !== undefined) {
      return this.#service.error('IPFS_UNREACHABLE', call, `gave ${limit.reached.message}`);
    }
    if (brokeOff(error)) {
      return this.#service.error('IPFS_UNREACHABLE', call, 'broke its answer off', {}, error);
    }
    const status = statusOf(error);
    if (status !== undefined) {
      const reason = printable(messageOf(error), 300);
      return this.#service.error('IPFS_REFUSED', call, `refused: ${reason}`, { httpStatus: status }, error);
    }
    const cause: unknown = error instanceof TypeError ? error.cause : undefined;
    if (isTooLong(cause)) return this.#service.badAnswer(call, `longer than ${String(maxBytes)} bytes`, {}, error);
    if (cause !== undefined) {
      const reason = printable(messageOf(cause), 160);
      return this.#service.error('IPFS_UNREACHABLE', call, `cannot be reached: ${reason}`, { reason }, error);
    }
    return this.#service.badAnswer(call, printable(messageOf(error), 160), {}, error);
  }
}

// `path '…' is not pinned` from pin/ls; `not pinned or pinned indirectly` from pin/rm.
function saysNotPinned(error: unknown): boolean {
  return /\bnot pinned\b/iu.test(messageOf(error)) && statusOf(error) !== undefined;
}

/** The HTTP status of an answer that was a refusal; the client's time-out error stands for a 500 that says so. */
function statusOf(error: unknown): number | undefined {
  const refused = refusal.safeParse(error);
  if (refused.success) return refused.data.response.status;
  return error instanceof Error && error.name === 'TimeoutError' ? 500 : undefined;
}

/** The library gives a refusal whose text did not come whole as one with the connection's words. */
function brokeOff(error: unknown): boolean {
  const body = refusal.safeParse(error).data?.response.body;
  // It takes streams of the web too, which its type does not say.
  return body !== undefined && body !== null && isErrored(body as unknown as NodeJS.ReadableStream);
}

function isTooLong(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
