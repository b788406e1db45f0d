import type { DevnetTime } from '../../src/domain/devnet.ts';
import type { ChainRules } from '../chain/rules.ts';
import type { SpecVersion } from '../chain/runtime-version.ts';
import type { DiskSpec } from '../sworker/disks.ts';
import type { SealLimits } from '../sworker/seal-desk.ts';

/** `real`: a block every so often by the world's clock. `manual`: the test makes them; the interval is only what lies between their timestamps. */
interface BlockPace {
  readonly kind: 'real' | 'manual';
  readonly intervalMs: number;
}

export interface WorldOptions {
  /** Names the accounts, and so draws everything that hangs on them; 1 unless told. */
  readonly seed?: number;
  /** Path of a Kubo for both nodes; undefined takes embedded nodes. */
  readonly kubo?: string | undefined;
  readonly blocks?: BlockPace;
  /** The time that the world goes by, for bots started with `World.clock.botEnvironment()`; the real one without it. */
  readonly clock?: Partial<DevnetTime>;
  /** Number of the first block made; high enough unless told that orders can be older than their limits. */
  readonly firstBlock?: number;
  /** Of the runtime that the chain begins with; the newest unless told. */
  readonly specVersion?: SpecVersion;
  readonly rules?: Partial<ChainRules>;
  /** How many finalized blocks keep their state. */
  readonly keepBlocks?: number;
  /** Members of the bot's group, the bot itself included; 3 unless told. */
  readonly members?: number;
  /** Nodes that report work in every slot, the group's included; 1200 unless told. */
  readonly activeNodes?: number;
  /** Nodes that left long ago and whose reports stay on chain. */
  readonly goneNodes?: number;
  readonly disks?: readonly DiskSpec[];
  readonly sysDiskAvailableGib?: number;
  readonly sealLimits?: Partial<SealLimits>;
  /** StorageMax of the bot's IPFS repository. */
  readonly storageMaxBytes?: number;
}

export const WORLD_DEFAULTS = {
  seed: 1,
  blocks: { kind: 'real', intervalMs: 6000 },
  // A slot's beginning, as all multiples of 600 are.
  firstBlock: 12_000_000,
  specVersion: 25,
  keepBlocks: 600,
  members: 3,
  activeNodes: 1200,
  goneNodes: 50,
} as const satisfies WorldOptions;
