import type { CoordinatorClient } from '../clients/coordinator/coordinator-client.ts';
import type { Ipfs } from '../clients/ipfs/ipfs.ts';
import type { SworkerClient } from '../clients/sworker/sworker-client.ts';
import type { WorkloadFacts } from '../domain/facts.ts';
import type { Order, OrderRead } from '../domain/order.ts';
import type { SourceWeights } from '../domain/strategy.ts';
import type { LoopParts } from '../runtime/loop.ts';
import type { Candidates, FreshVerdict } from '../store/candidates.ts';
import type { CoordinatorMarks } from '../store/coordinator-marks.ts';
import type { Database } from '../store/database.ts';
import type { Facts } from '../store/facts.ts';
import type { PullRecords } from '../store/pull-records.ts';
import type { Pulls } from '../store/pulls.ts';
import type { Random } from './rules/draw-source.ts';

export type PullIpfs = Pick<Ipfs, 'pinAdd' | 'isPinned' | 'pinRemove' | 'version'>;
export type PullSworker = Pick<SworkerClient, 'fileInfo' | 'pendingFiles' | 'endSeal'>;
export type PullCoordinator = Pick<CoordinatorClient, 'ping' | 'requestSeal' | 'withdrawSeal'>;

/** What the pick asks of other rooms; the composition root gives it. */
export interface PickPorts {
  /** Reads orders at the newest finalized block and brings the reads into the tables; one read an order, in their order. */
  readonly readAgain: (orders: readonly Order[], signal: AbortSignal) => Promise<readonly OrderRead[]>;
  /** Decides queued orders by their present figures, by their ids; undefined while nothing can be decided. An order that is no more is left out. */
  readonly decideAgain: (orders: readonly Order[]) => Promise<ReadonlyMap<number, FreshVerdict> | undefined>;
  /** Asks sWorker for its workload now and keeps it as a fact. */
  readonly refreshWorkload: (signal: AbortSignal) => Promise<WorkloadFacts>;
  /** Says that a file is sealed without the daemon's word that it is pinned. */
  readonly pinsInDoubt: () => void;
}

export interface PullSettings {
  readonly maxPendingTasks: number;
  readonly minSrdRatioPercent: number;
  readonly weights: SourceWeights;
  readonly stallMs: number;
  readonly maxAttempts: number;
}

/** The tables as this room uses them. */
interface PullStore {
  readonly database: Database;
  readonly facts: Facts;
  readonly pulls: Pulls;
  readonly records: PullRecords;
  readonly candidates: Candidates;
  readonly marks: CoordinatorMarks;
}

/** Everything the room is made of. */
export interface PullParts extends LoopParts, PickPorts {
  readonly ipfs: PullIpfs;
  readonly sworker: PullSworker;
  readonly coordinator: PullCoordinator | undefined;
  readonly store: PullStore;
  readonly settings: PullSettings;
  readonly random: Random;
}

/** The newest finalized block known, 0 before any is. */
export async function headBlock(facts: Facts): Promise<number> {
  return (await facts.find('chain-time'))?.atBlock ?? 0;
}
