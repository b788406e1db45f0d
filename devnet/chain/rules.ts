/** Parameters of the chain's rules; the defaults are those of Crust mainnet. */
export type ChainRules = {
  /** Length of a work report slot. */
  readonly reportSlotBlocks: number;
  /** How long an order is paid for. */
  readonly fileDurationBlocks: number;
  /** How long after a work report the spower service brings its replicas into the market. */
  readonly spowerDelayBlocks: number;
  /** What an account owns that nobody has funded. */
  readonly initialBalancePico: bigint;
};

export const MAINNET_RULES: ChainRules = {
  reportSlotBlocks: 600,
  fileDurationBlocks: 2_592_000,
  spowerDelayBlocks: 600,
  initialBalancePico: 10n ** 18n,
};

/** The chain takes no more replicas of a file than this. */
export const MAX_REPLICAS = 200;

/** Orders must be smaller. */
export const MAXIMUM_FILE_SIZE_BYTES = 8n * 1024n ** 3n;

/** Added or deleted files in one work report. */
export const MAX_REPORTED_FILES = 300;

export const MAX_GROUP_MEMBERS = 1000;

/** The slot that a block lies in, named by its first block. */
export function slotOf(block: number, rules: ChainRules): number {
  return block - (block % rules.reportSlotBlocks);
}
