import type { Account } from '../domain/account.ts';
import type { CleanupMode } from '../domain/deletions.ts';
import type { EndPoint } from './end-point.ts';
import type { Secret } from './secret.ts';

/** Percent of the draws that go to each source. A named strategy keeps the figures it is known by, which need not add up to 100. */
export interface Weights {
  readonly dbFilesWeight: number;
  readonly newFilesWeight: number;
}

/** One of the two lists of orders. Entries of `files` are absolute paths. */
export interface ListConfig {
  readonly cids: readonly string[];
  /** ss58 with prefix 66. */
  readonly owners: readonly string[];
  readonly memoPrefixes: readonly string[];
  readonly files: readonly string[];
}

export interface SchedulerConfig {
  readonly minSrdRatioPercent: number;
  readonly maxPendingTasks: number;
  /** 0: no limit. */
  readonly minFileSizeBytes: number;
  /** 0: no limit. */
  readonly maxFileSizeBytes: number;
  /** 0: off. For db files only. */
  readonly minReplicas: number;
  /** 0: off. */
  readonly maxReplicas: number;
  readonly strategy: Weights;
  readonly allow: ListConfig;
  readonly deny: ListConfig;
}

/**
 * The configuration as the program uses it, checked and deeply frozen. Nothing in it prints a secret. Intervals and graces that must survive a
 * stepped clock are counted in blocks.
 */
export interface Config {
  /** Absolute. */
  readonly dataDir: string;
  readonly chain: {
    readonly account: Account;
    /** At least one, in the order of preference. */
    readonly endPoints: readonly EndPoint[];
    readonly maxRequestsInFlight: number;
  };
  readonly sworker: { readonly endPoint: EndPoint };
  readonly ipfs: { readonly endPoint: EndPoint };
  readonly node: { readonly role: string };
  /** Undefined: nothing is sent anywhere. */
  readonly telemetry: { readonly endPoint: EndPoint } | undefined;
  readonly scheduler: SchedulerConfig;
  readonly sealCoordinator:
    | { readonly endPoint: EndPoint; readonly nodeUuid: string; readonly authToken: Secret }
    | undefined;
  readonly runtime: { readonly maxOutageMs: number };
  readonly indexer: {
    readonly scanIntervalBlocks: number;
    readonly refreshBlocks: number;
    /** 0: no limit. */
    readonly maxOrdersPerSecond: number;
  };
  readonly pull: { readonly stallMs: number; readonly maxAttempts: number };
  readonly seal: { readonly lostGraceBlocks: number };
  readonly cleanup: {
    readonly mode: CleanupMode;
    readonly graceBlocks: number;
    readonly maxPercentPerDay: number;
    readonly endOrphanSeals: boolean;
  };
  readonly reconcile: { readonly intervalMs: number };
  readonly gc: { readonly thresholdPercent: number; readonly intervalMs: number };
  readonly database: {
    readonly retentionBlocks: number;
    /** 0: off. */
    readonly backups: number;
  };
}
