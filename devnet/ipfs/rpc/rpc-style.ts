/** Whose answers to imitate where a 2021 go-ipfs 0.8 fork and today's Kubo differ. */
export type RpcStyle = 'go-ipfs-0.8' | 'kubo-0.42';

interface StyleFacts {
  readonly version: string;
  readonly agent: string;
  readonly repoVersion: string;
  readonly golang: string;
  /** A progress line of `pin/add`. Kubo leaves out what is zero, so its first lines are `{}`; go-ipfs always writes `Pins`. */
  readonly progressLine: (blocks: number, bytes: number) => object;
  /** An entry of `pin/ls` without `stream`. */
  readonly pinEntry: (type: string) => object;
  readonly missingBlock: (cid: string) => string;
}

const nonZero = (fields: Record<string, number>): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== 0));

export const styles: Readonly<Record<RpcStyle, StyleFacts>> = {
  'go-ipfs-0.8': {
    version: '0.8.0',
    agent: 'go-ipfs/0.8.0/',
    repoVersion: '11',
    golang: 'go1.15.15',
    progressLine: (blocks) => ({ Pins: null, ...nonZero({ Progress: blocks }) }),
    pinEntry: (type) => ({ Type: type }),
    missingBlock: () => 'merkledag: not found',
  },
  'kubo-0.42': {
    version: '0.42.0',
    agent: 'kubo/0.42.0',
    repoVersion: '18',
    golang: 'go1.26.8',
    progressLine: (blocks, bytes) => nonZero({ Progress: blocks, Bytes: bytes }),
    pinEntry: (type) => ({ Type: type, Name: '' }),
    missingBlock: (cid) => `block was not found locally (offline): ipld: could not find ${cid}`,
  },
};
