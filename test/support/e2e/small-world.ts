import type { WorldOptions } from '../../../devnet/world/world-options.ts';

/** Four blocks a second, so that what takes a bot hours of blocks takes minutes. */
export const BLOCK_INTERVAL_MS = 250;

/** A network in which the bot is the only member of its group and wins every draw: every order is for it to take unless a rule says no. */
export const SMALL_WORLD = {
  blocks: { kind: 'real', intervalMs: BLOCK_INTERVAL_MS },
  members: 1,
  activeNodes: 20,
  goneNodes: 2,
  rules: { reportSlotBlocks: 60, spowerDelayBlocks: 10 },
  keepBlocks: 10_000,
} as const satisfies WorldOptions;
