/**
 * How far a pin came before the daemon gave it up. The daemon seals while it pins: `start-seal`, `seal` and `end-seal` are its three calls to
 * sWorker; `sworker-away`: it could not reach sWorker; `resolve`: the bytes were not found in the network.
 */
type PinStage = 'resolve' | 'start-seal' | 'seal' | 'end-seal' | 'sworker-away' | 'other';

export interface PinRefusal {
  readonly kind: 'refused';
  readonly stage: PinStage;
  /** sWorker's code, where the daemon passes it on: 8012 already sealed, 8013 being sealed. */
  readonly code?: number;
  /** The HTTP status of sWorker's answer, which is all the daemon tells of other refusals. */
  readonly httpStatus?: number;
  /** The daemon's words, fit for a log line. */
  readonly message: string;
}

/** `pinned` also for a CID that was pinned already; whether it was sealed only sWorker knows. */
export type PinAddResult = { readonly kind: 'pinned' } | PinRefusal;

export interface PinAddOptions {
  /** Aborting it makes the daemon drop the pin and everything sealed for it. */
  readonly signal: AbortSignal;
  /** Blocks walked so far, about twice a second; 0 until the root was found. */
  readonly onProgress: (blocks: number) => void;
}

/** `incomplete`: the daemon lacks some of its blocks, and nothing was pinned. */
export type PinAgainResult =
  | { readonly kind: 'pinned' }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'refused'; readonly message: string };

export interface GarbageCollection {
  readonly removedBlocks: number;
  /** The first few blocks' errors; GC goes on behind them. */
  readonly errors: readonly string[];
}

export interface RepoSize {
  readonly sizeBytes: number;
  /** Null when the daemon has no limit configured. */
  readonly storageMaxBytes: number | null;
}

export interface IpfsIdentity {
  readonly peerId: string;
  readonly agentVersion: string;
}

/** An IPFS daemon. Methods throw IPFS_UNREACHABLE, IPFS_BAD_ANSWER or IPFS_REFUSED; an aborted signal gives an abort error. */
export interface Ipfs {
  /** Has no time limit of its own: stalls are judged by the caller, who sees the progress. */
  pinAdd(cid: string, options: PinAddOptions): Promise<PinAddResult>;
  /** Records the recursive pin of a file that is sealed and whose pin is missing: `pinAdd` refuses it (8012). Fetches and seals nothing. */
  pinAgain(cid: string, signal: AbortSignal): Promise<PinAgainResult>;
  /** Pinned recursively. */
  isPinned(cid: string, signal: AbortSignal): Promise<boolean>;
  /** Roots of all recursive pins as they come; a list that breaks off rejects. */
  pinnedRoots(signal: AbortSignal): AsyncIterable<string>;
  pinRemove(cid: string, signal: AbortSignal): Promise<'removed' | 'not-pinned'>;
  /** Resolves when the daemon is through. It waits for every running pin first, and holds new ones back meanwhile. */
  collectGarbage(signal: AbortSignal): Promise<GarbageCollection>;
  repoSize(signal: AbortSignal): Promise<RepoSize>;
  identity(signal: AbortSignal): Promise<IpfsIdentity>;
  version(signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}
