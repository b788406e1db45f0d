import { create, type KuboRPCClient } from 'kubo-rpc-client';
import { CID } from 'multiformats/cid';
import { z } from 'zod';
import type { EndPoint } from '../../config/end-point.ts';
import { SmError } from '../../domain/errors.ts';
import { MINUTE_MS, SECOND_MS } from '../../domain/units.ts';
import { printable } from '../../lib/printable.ts';
import type { Clock } from '../../runtime/clock.ts';
import { abortError } from '../http/abort.ts';
import { basicAuthorization } from '../http/authorization.ts';
import type { Call, HttpService } from '../http/service.ts';
import { TimeLimit } from '../http/time-limit.ts';
import type { IpfsIdentity, RepoSize } from './ipfs.ts';

const versionAnswer = z.object({ version: z.string() });
const identityAnswer = z
  .object({ id: z.unknown().transform(String), agentVersion: z.string().default('') })
  .transform(({ id, agentVersion }) => ({ peerId: id, agentVersion }));
const sizeAnswer = z.object({ repoSize: z.bigint().nonnegative(), storageMax: z.bigint().nonnegative() });
const refusal = z.object({ name: z.literal('HTTPError'), response: z.object({ status: z.number() }) });

const quickMs = 30 * SECOND_MS;
// The pin lock is held against it while a garbage collection waits. Below the 5 minutes after which the platform's fetch gives up by itself.
const unpinMs = 4 * MINUTE_MS;

/**
 * The daemon's short commands, by kubo-rpc-client. It speaks through the platform's fetch, which keeps its connections by itself, shows no HTTP
 * trailers and waits at most 5 minutes for an answer to begin: streams and long commands go another way.
 */
export class KuboRpc {
  readonly #client: KuboRPCClient;
  readonly #service: HttpService;
  readonly #clock: Clock;

  constructor({ endPoint, service, clock }: { endPoint: EndPoint; service: HttpService; clock: Clock }) {
    const url = new URL(endPoint.reveal());
    const headers = basicAuthorization(url);
    // fetch refuses an address that carries credentials.
    url.username = '';
    url.password = '';
    this.#client = create({ url: `${url.href.replace(/\/+$/u, '')}/api/v0`, headers });
    this.#service = service;
    this.#clock = clock;
  }

  async version(signal: AbortSignal): Promise<string> {
    const call = command('version');
    const answer = await this.#ask(call, quickMs, signal, async (limited) => this.#client.version({ signal: limited }));
    return this.#service.checked(versionAnswer, call, answer).version;
  }

  async identity(signal: AbortSignal): Promise<IpfsIdentity> {
    const call = command('id');
    const answer = await this.#ask(call, quickMs, signal, async (limited) => this.#client.id({ signal: limited }));
    return this.#service.checked(identityAnswer, call, answer);
  }

  async repoSize(signal: AbortSignal): Promise<RepoSize> {
    const call = command('repo/stat');
    const answer = await this.#ask(call, quickMs, signal, async (limited) => {
      // Without it the daemon counts every block of the repository. The client passes on options that its types do not know.
      const options = { signal: limited, sizeOnly: true };
      return this.#client.repo.stat(options);
    });
    const { repoSize, storageMax } = this.#service.checked(sizeAnswer, call, answer);
    return {
      sizeBytes: Number(repoSize),
      storageMaxBytes: storageMax > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(storageMax),
    };
  }

  async isPinned(cid: string, signal: AbortSignal): Promise<boolean> {
    const call = command('pin/ls');
    return this.#ask(call, quickMs, signal, async (limited) => {
      try {
        for await (const pin of this.#client.pin.ls({ paths: cid, type: 'recursive', signal: limited })) {
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
        await this.#client.pin.rm(path, { recursive: true, signal: limited });
        return 'removed';
      } catch (error) {
        if (saysNotPinned(error)) return 'not-pinned';
        throw error;
      }
    });
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
      throw this.#failure(call, error, limit);
    } finally {
      limit.release();
    }
  }

  #failure(call: Call, error: unknown, limit: TimeLimit): Error {
    if (limit.reached !== undefined) {
      return this.#service.error('IPFS_UNREACHABLE', call, `gave ${limit.reached.message}`);
    }
    const status = statusOf(error);
    if (status !== undefined) {
      const reason = printable(messageOf(error), 300);
      return this.#service.error('IPFS_REFUSED', call, `refused: ${reason}`, { httpStatus: status }, error);
    }
    const cause: unknown = error instanceof TypeError ? error.cause : undefined;
    if (cause !== undefined) {
      const reason = printable(messageOf(cause), 160);
      return this.#service.error('IPFS_UNREACHABLE', call, `cannot be reached: ${reason}`, { reason }, error);
    }
    return this.#service.badAnswer(call, printable(messageOf(error), 160), {}, error);
  }
}

function command(name: string): Call {
  return { method: 'POST', path: `/api/v0/${name}` };
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
