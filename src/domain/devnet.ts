/** Hash of block 0 of every chain that `devnet/` makes; it comes of that chain's name, so that no other chain can have it. */
export const devnetGenesisHash = '0x1b1d15c7ec0754587ef8f5c43085d151d3a6d69ed3f60ead23889ec2c9f18e0a';

/** A time that runs faster or slower than the machine's and away from it: for tests on the devnet. */
export interface DevnetTime {
  /** Above 0: so many seconds pass in a real one. */
  readonly factor: number;
  /** How far ahead of the machine's clock it is when the process starts. */
  readonly offsetMs: number;
}

/** The variables that give it. They are no keys of the configuration. */
export const devnetTimeVariables = {
  factor: 'SMANAGER_DEVNET_CLOCK_FACTOR',
  offsetMs: 'SMANAGER_DEVNET_CLOCK_OFFSET_MS',
} as const;
