import { z } from 'zod';
import { KIB, SECOND_MS } from '../../domain/units.ts';
import type { HttpService } from '../http/service.ts';
import { command } from './command.ts';
import { DaemonError, refusedAnswer } from './daemon-stream.ts';
import type { IpfsIdentity, RepoSize } from './ipfs.ts';

const versionAnswer = z.object({ Version: z.string() }).transform(({ Version }) => Version);
const identityAnswer = z
  .object({ ID: z.string(), AgentVersion: z.string().default('') })
  .transform(({ ID, AgentVersion }) => ({ peerId: ID, agentVersion: AgentVersion }));
// A daemon without a limit says 2^64-1, which JSON.parse rounds: anything so large is none.
const sizeAnswer = z
  .object({ RepoSize: z.number().nonnegative(), StorageMax: z.number().nonnegative() })
  .transform(({ RepoSize, StorageMax }) => ({
    sizeBytes: RepoSize,
    storageMaxBytes: StorageMax > Number.MAX_SAFE_INTEGER ? null : StorageMax,
  }));

const limits = { limitMs: 30 * SECOND_MS, maxBytes: 256 * KIB };

/** What the daemon says of itself: one short answer each, asked for also by a bot that has nothing to pull. */
export class DaemonFacts {
  readonly #service: HttpService;

  constructor(service: HttpService) {
    this.#service = service;
  }

  async version(signal: AbortSignal): Promise<string> {
    return await this.#ask('version', versionAnswer, signal);
  }

  async identity(signal: AbortSignal): Promise<IpfsIdentity> {
    return await this.#ask('id', identityAnswer, signal);
  }

  async repoSize(signal: AbortSignal): Promise<RepoSize> {
    // Without it the daemon counts every block of the repository.
    return await this.#ask('repo/stat?size-only=true', sizeAnswer, signal);
  }

  async #ask<T>(name: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const call = command(name);
    const { status, text } = await this.#service.text(call, { ...limits, signal });
    if (status === 200) return this.#service.parsed(schema, call, text);
    const error = refusedAnswer(this.#service, call, status, text);
    if (!(error instanceof DaemonError)) throw error;
    throw this.#service.error('IPFS_REFUSED', call, `refused: ${error.message}`, { httpStatus: status }, error);
  }
}
