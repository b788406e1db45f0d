import type { RpcStyle } from './rpc/rpc-style.ts';

/** A block as a walk meets it; simulated files have no bytes and pass many blocks at once. */
export interface WalkedBlock {
  /** 1 unless told. */
  readonly blocks?: number;
  readonly sizeBytes: number;
  readonly bytes?: Uint8Array;
}

/** What sealing needs of an IPFS node. CIDs are canonical texts. Every wait ends with the signal's reason when it is aborted. */
export interface SealingBackend {
  readonly style: RpcStyle;
  /** Fetches the root block; waits for as long as nobody has it. Simulated files have no bytes. */
  resolveRoot(cid: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
  isPinnedRecursively(cid: string, signal: AbortSignal): Promise<boolean>;
  /** Fetches the whole DAG, each block once; what `resolveRoot` brought need not be asked for again. */
  walk(cid: string, signal: AbortSignal, root?: Uint8Array): AsyncIterable<WalkedBlock>;
  /** Records a recursive pin; the blocks are here already. */
  pin(cid: string, signal: AbortSignal): Promise<void>;
}

export type PinType = 'recursive' | 'direct' | 'indirect';

export interface RepoStat {
  readonly sizeBytes: number;
  readonly storageMaxBytes: number;
  readonly objects: number;
  readonly path: string;
}

/** A whole node, enough to answer its RPC. Unknown pins and missing blocks are `IpfsRpcError`s with the daemon's texts. */
export interface IpfsNode extends SealingBackend {
  readonly peerId: string;
  unpin(cid: string): Promise<void>;
  /** The pin of the type asked for that holds a CID; undefined when none does. Looking for indirect ones walks every pin. */
  pinType(cid: string, among: PinType | 'all'): Promise<PinType | undefined>;
  /** Pins of the type asked for; each CID once. */
  pins(type: PinType | 'all'): AsyncIterable<{ cid: string; type: PinType }>;
  /** Whether every block below a CID, and its own, is here. */
  hasAllBlocks(cid: string): Promise<boolean>;
  /** Removes what no pin holds; yields the CIDs removed. */
  collectGarbage(): AsyncIterable<string>;
  repoStat(): Promise<RepoStat>;
  /** One block, from the network when it is not here and `offline` is false. */
  blockGet(cid: string, options: { signal: AbortSignal; offline: boolean }): Promise<Uint8Array>;
  /** The bytes of a UnixFS file. */
  cat(cid: string, options: { signal: AbortSignal; offline: boolean }): AsyncIterable<Uint8Array>;
}

/** A failed command: answered as HTTP 500 with the daemon's JSON, or as `X-Stream-Error` when the answer had begun. */
export class IpfsRpcError extends Error {
  override readonly name = 'IpfsRpcError';
}
