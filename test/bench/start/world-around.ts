import type { JsonObject } from '../../../devnet/world/bot-config.ts';

export interface WorldWish {
  readonly dataDir: string;
  readonly firstBlock: number;
  readonly members: number;
  readonly activeNodes: number;
}

/** What the bench needs to know of the world in the other process. Accounts as ss58 texts. */
export interface WorldAround {
  readonly config: JsonObject;
  readonly genesisHash: string;
  readonly account: string;
  readonly groupOwner: string;
  readonly members: readonly string[];
  readonly activeNodes: number;
  readonly headBlock: number;
}
