import { namedAccount, toAddress } from '../chain/accounts.ts';
import type { AccountId } from '../chain/accounts.ts';
import type { ChainModel } from '../chain/model.ts';
import { putBackgroundNodes, putNode, sworkerKey } from '../chain/model-nodes.ts';

/** Who is who on the chain around the bot. */
export interface Network {
  readonly account: AccountId;
  readonly groupOwner: AccountId;
  /** All members, the bot's account among them, in the order that shares files out: by their ss58 text. */
  readonly members: readonly AccountId[];
  /** Nodes that report work in every slot, the group included. */
  readonly activeNodes: number;
}

/** Writes the bot's node, its group and the rest of the network into the next block's state. */
export function putNetwork(
  chain: ChainModel,
  options: {
    readonly seed: number;
    readonly members: number;
    readonly activeNodes: number;
    readonly goneNodes: number;
  },
): Network {
  const { seed, activeNodes } = options;
  const account = namedAccount(`storage node ${seed}`);
  const groupOwner = namedAccount(`group owner ${seed}`);
  const others = Array.from({ length: options.members - 1 }, (_, i) => namedAccount(`member ${seed}.${i}`));
  putNode(chain, account, { groupOwner });
  for (const member of others) {
    putNode(chain, member, { groupOwner });
    chain.slots.keepReporting(sworkerKey(member));
  }
  putBackgroundNodes(chain, Math.max(0, activeNodes - options.members), options.goneNodes);
  const members = [account, ...others].sort((a, b) => (toAddress(a) < toAddress(b) ? -1 : 1));
  return { account, groupOwner, members, activeNodes: Math.max(activeNodes, options.members) };
}
