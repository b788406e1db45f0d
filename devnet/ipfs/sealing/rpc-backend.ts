import { CID } from 'multiformats/cid';
import { Agent, request } from 'undici';
import { IpfsRpcError, type SealingBackend, type WalkedBlock } from '../backend.ts';
import { walkDag } from '../embedded/dag-walk.ts';
import type { RpcStyle } from '../rpc/rpc-style.ts';

const ASK_AGAIN_MS = 5000;

/** An unpatched daemon behind its RPC, Kubo or embedded: blocks are fetched through it, pins recorded in it. */
export class RpcBackend implements SealingBackend {
  readonly style: RpcStyle;
  private readonly apiUrl: string;
  // No limit on waiting: a block nobody has is waited for until the caller aborts.
  private readonly dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 256 });

  /** `apiUrl` includes `/api/v0`. */
  constructor(apiUrl: string, style: RpcStyle) {
    this.apiUrl = apiUrl;
    this.style = style;
  }

  async resolveRoot(cid: string, signal: AbortSignal): Promise<Uint8Array> {
    return await this.block(cid, signal);
  }

  async isPinnedRecursively(cid: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.post('pin/ls', cid, signal, { type: 'recursive' });
      return true;
    } catch (error) {
      if (error instanceof IpfsRpcError && error.message.includes('is not pinned')) return false;
      throw error;
    }
  }

  async *walk(cid: string, signal: AbortSignal, root?: Uint8Array): AsyncGenerator<WalkedBlock> {
    const get = async (link: CID): Promise<Uint8Array> => {
      const text = link.toString();
      return root !== undefined && text === cid ? root : await this.block(text, signal);
    };
    for await (const { bytes } of walkDag(CID.parse(cid), get)) {
      yield { sizeBytes: bytes.length, bytes };
    }
  }

  async pin(cid: string, signal: AbortSignal): Promise<void> {
    await this.post('pin/add', cid, signal);
  }

  async close(): Promise<void> {
    await this.dispatcher.destroy();
  }

  /** One in some ten thousand wants is lost between two busy Kubo nodes, and Kubo never asks again: a new request does. */
  private async block(cid: string, signal: AbortSignal): Promise<Uint8Array> {
    for (;;) {
      const patience = AbortSignal.timeout(ASK_AGAIN_MS);
      try {
        return await this.post('block/get', cid, AbortSignal.any([signal, patience]));
      } catch (error) {
        if (signal.aborted || !patience.aborted) throw error;
      }
    }
  }

  private async post(
    command: string,
    cid: string,
    signal: AbortSignal,
    options: Record<string, string> = {},
  ): Promise<Uint8Array> {
    const query = new URLSearchParams({ arg: cid, ...options });
    const url = `${this.apiUrl}/${command}?${query.toString()}`;
    const answer = await request(url, { method: 'POST', dispatcher: this.dispatcher, signal });
    const bytes = new Uint8Array(await answer.body.arrayBuffer());
    if (answer.statusCode === 200) return bytes;
    throw new IpfsRpcError(errorMessage(bytes) ?? `${command} answered ${answer.statusCode}`);
  }
}

function errorMessage(body: Uint8Array): string | undefined {
  try {
    const parsed = JSON.parse(Buffer.from(body).toString('utf8')) as { Message?: unknown };
    return typeof parsed.Message === 'string' ? parsed.Message : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
