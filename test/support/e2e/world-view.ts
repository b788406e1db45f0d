import type { World } from '../../../devnet/world/world.ts';
import type { InvariantView } from '../invariant-view.ts';
import { ordersAt } from '../invariants-outside.ts';
import type { BotHome } from './bot-home.ts';
import { waysSecrets } from './secrets.ts';

type WorldView = Pick<
  InvariantView,
  'chain' | 'rows' | 'held' | 'lost' | 'wanted' | 'unwanted' | 'printed' | 'secrets'
>;

/** What a world and a bot's home tell. `wanted`: CIDs of the orders that the bot is to take; it is to take no other. */
export function worldView({ chain, sworker }: World, home: BotHome, wanted: readonly string[]): WorldView {
  const lost = sworker.files.list('lost').map(({ cid }) => cid);
  return {
    chain,
    rows: async <T>(sql: string, ...bindings: readonly unknown[]) =>
      await home.rows<T>(sql, ...(bindings as (string | number)[])),
    held: [...sworker.files.list('valid').map(({ cid }) => cid), ...lost],
    lost,
    wanted,
    unwanted: ordersAt(chain, chain.finalized.number).filter((cid) => !wanted.includes(cid)),
    printed: home.printed,
    secrets: waysSecrets,
  };
}
