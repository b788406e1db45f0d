import type { ChainOptions } from '../../../devnet/chain/model.ts';
import type { ChainRules } from '../../../devnet/chain/rules.ts';
import type { SpecVersion } from '../../../devnet/chain/runtime-version.ts';
import type { JsonObject } from '../../../devnet/world/bot-config.ts';

export interface SimOptions {
  readonly seed?: number;
  /** Nodes that report work in every slot. */
  readonly activeNodes?: number;
  readonly specVersion?: SpecVersion;
  /** How many finalized blocks keep their state. */
  readonly keepBlocks?: number;
  readonly rules?: Partial<ChainRules>;
  /** Chain nodes before the one chain. */
  readonly chainNodes?: number;
  readonly storageMaxBytes?: number;
  readonly hasCoordinator?: boolean;
  readonly hasTelemetry?: boolean;
  /** Laid over the configuration's sections. */
  readonly config?: Readonly<Record<string, JsonObject>>;
  /** From one block to the next; the chain's own six seconds unless told. */
  readonly blockMs?: number;
  readonly finalityLag?: ChainOptions['finalityLag'];
}

/** A slot of five minutes, so that what takes hours on the chain takes minutes: 50 blocks a slot, replicas ten blocks after their report. */
export const quickRules: Partial<ChainRules> = { reportSlotBlocks: 60, spowerDelayBlocks: 10 };

/** Old orders need an old chain. */
export const firstBlock = 5_000_000;
export const blockMs = 6_000;
