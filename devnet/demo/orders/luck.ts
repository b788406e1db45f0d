import { createHash } from 'node:crypto';
import { CID } from 'multiformats/cid';
import { accountBytes } from '../../chain/accounts.ts';
import type { Network } from '../../world/network.ts';

/** How many of the whole network's nodes are meant to take a file. */
const WANTED_NODES = { new: 300, db: 160 } as const;

/** Whether the group's share-out and the bot's own draw let it take a CID, as a new order and as an old one. */
export interface Luck {
  readonly isOurs: boolean;
  readonly takesNew: boolean;
  readonly takesDb: boolean;
}

/** Reckoned by the rules' plain definitions, with none of the bot's code, so that a demo tests what it expects. */
export function luckOf(cid: string, { account, members, activeNodes }: Network): Luck {
  const number = BigInt(`0xf${Buffer.from(CID.parse(cid).toV1().bytes).toString('hex')}`);
  const isOurs = members[Number(number % BigInt(members.length))] === account;
  const digest = createHash('sha256').update(accountBytes(account)).update(cid, 'ascii').digest('hex');
  const draw = Number(BigInt(`0x${digest.slice(0, 13)}`)) / 2 ** 52;
  const isBelow = (wanted: number) => draw < (wanted * members.length) / activeNodes;
  return { isOurs, takesNew: isOurs && isBelow(WANTED_NODES.new), takesDb: isOurs && isBelow(WANTED_NODES.db) };
}
