import { base58btc } from 'multiformats/bases/base58';
import { CID } from 'multiformats/cid';
import { Agent, request } from 'undici';
import type { SworkerModel } from '../../sworker/model.ts';
import type { WalkedBlock } from '../backend.ts';

/** What the daemon learns from a seal call: it reads `status_code` only from bodies of 200 answers. */
export interface SealReply {
  readonly httpStatus: number;
  readonly code: number;
}

/** sWorker as the patched daemon calls it. Rejects when sWorker cannot be reached. */
export interface SealPort {
  start(cid: string): Promise<SealReply>;
  block(cid: string, block: WalkedBlock, signal: AbortSignal): Promise<SealReply>;
  /** `complete` reaches only a simulated sWorker, which cannot tell from bytes. */
  end(cid: string, complete: boolean): Promise<SealReply>;
  close(): Promise<void>;
}

/** The daemon's own limit for one call. */
const CALL_TIMEOUT_MS = 1_000_000;

const base58Text = (cid: string): string => {
  const parsed = CID.parse(cid);
  return parsed.version === 0 ? parsed.toString() : parsed.toString(base58btc);
};

/** `sworkerUrl` includes `/api/v0`. */
export function httpSealPort(sworkerUrl: string): SealPort {
  const dispatcher = new Agent({ headersTimeout: CALL_TIMEOUT_MS, bodyTimeout: CALL_TIMEOUT_MS, connections: 64 });
  const post = async (path: string, body: string | Uint8Array, signal?: AbortSignal): Promise<SealReply> => {
    const answer = await request(`${sworkerUrl}${path}`, { method: 'POST', body, dispatcher, signal });
    if (answer.statusCode !== 200) {
      await answer.body.dump();
      return { httpStatus: answer.statusCode, code: 0 };
    }
    const parsed = (await answer.body.json()) as { status_code?: unknown };
    if (typeof parsed.status_code !== 'number') throw new TypeError(`sWorker answered ${path} without a status_code`);
    return { httpStatus: 200, code: parsed.status_code };
  };
  return {
    start: (cid) => post('/storage/seal_start', JSON.stringify({ cid, cid_b58: base58Text(cid) })),
    block: (cid, block, signal) => {
      if (block.bytes === undefined) throw new TypeError('a block without bytes cannot be sealed over HTTP');
      return post(`/storage/seal?cid=${cid}&new_block=false`, block.bytes, signal);
    },
    end: (cid) => post('/storage/seal_end', JSON.stringify({ cid })),
    close: () => dispatcher.destroy(),
  };
}

/** Calls a model in this process; `reachable` false rejects like a refused connection. */
export function modelSealPort(model: SworkerModel, reachable: () => boolean = () => true): SealPort {
  const ask = async (call: () => SealReply): Promise<SealReply> => {
    if (!reachable()) throw new Error('connect: connection refused');
    const { httpStatus, code } = call();
    return { httpStatus, code: httpStatus === 200 ? code : 0 };
  };
  return {
    start: (cid) => ask(() => model.seals.start(cid)),
    block: (cid, block) => ask(() => model.seals.block(cid, block.bytes ?? block.sizeBytes)),
    end: (cid, complete) => ask(() => model.seals.end(cid, complete)),
    close: async () => undefined,
  };
}
