import type { ChainModel } from '../../devnet/chain/model.ts';

/** A question by which the bot lets go of a file, and the finalized block at which it was sent. */
export interface LettingGo {
  readonly how: 'storage/delete' | 'pin/rm' | 'seal_end';
  readonly cid: string;
  readonly atBlock: number;
  /** By the bot's wall clock. */
  readonly atMs?: number;
  /** Whether its order was on chain at that block. */
  readonly isLive?: boolean;
}

/** A file that sWorker deleted because the bot asked for it, and the finalized block at which it did. */
export interface Deleted {
  readonly cid: string;
  readonly askedAtBlock: number;
}

/** How a process ended by itself. */
export interface Exit {
  readonly exitCode: number;
  readonly error?: unknown;
  /** Whether it was asked to stop before. */
  readonly isAsked: boolean;
  /** From its start until it gave up, by the clock that no one steps. */
  readonly livedMs: number;
  /** CIDs that the daemon was pulling for it when it gave up. */
  readonly pulling?: readonly string[];
}

/** A bot's database beside the world it works in. What is undefined nobody looked at, and it is not judged. */
export interface InvariantView {
  readonly chain: ChainModel;
  /** Reads the database beside the bot. */
  readonly rows: <T>(sql: string, ...bindings: readonly unknown[]) => Promise<T[]>;
  /** Whether a bot runs on the database. */
  readonly isBotUp: boolean;
  /** CIDs that the daemon is pulling now. */
  readonly pulling: readonly string[];
  /** How many pulls the daemon began, by CID. */
  readonly pullsBegun: ReadonlyMap<string, number> | undefined;
  /** Blocks in which orders were closed, by CID. */
  readonly closes?: ReadonlyMap<string, ReadonlySet<number>>;
  /** What was seen at the moment it happened. */
  readonly seen: readonly string[];
  /** Since somebody last looked. */
  readonly lettingGo?: readonly LettingGo[];
  /** All that were deleted so far, the oldest first. */
  readonly deleted?: readonly Deleted[];
  readonly maxPercentPerDay?: number;
  /** CIDs that sWorker holds, valid or lost. */
  readonly held?: readonly string[];
  /** Those of them that are lost. */
  readonly lost?: readonly string[];
  /** CIDs that the daemon has pinned. */
  readonly pinned?: readonly string[];
  /** CIDs of orders that this node is to take, and of some that it is not. */
  readonly wanted?: readonly string[];
  readonly unwanted?: readonly string[];
  /** How processes ended by themselves. */
  readonly exits?: readonly Exit[];
  /** How long an outage of chain, sWorker or IPFS lasts before it may end a process. */
  readonly maxOutageMs?: number;
  /** How long a file may be lost before it may be deleted. */
  readonly lostGraceBlocks?: number;
  /** How far the chain may be ahead of what the bot has heard of it when it lets go of a file; some blocks where it does not jump. */
  readonly headLeadBlocks?: number;
  readonly maxPendingTasks?: number;
  readonly maxAttempts?: number;
  /** Timers that processes wait for now. */
  readonly timers?: number;
  /** Everything that was printed, and what must not stand in it. */
  readonly printed?: string;
  readonly secrets?: readonly string[];
}
