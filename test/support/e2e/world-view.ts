import type { World } from '../../../devnet/world/world.ts';
import type { InvariantView } from '../invariant-view.ts';
import { ordersAt } from '../invariants-outside.ts';
import type { BotHome } from './bot-home.ts';
import { waysSecrets } from './secrets.ts';

type FilesView = Pick<InvariantView, 'chain' | 'held' | 'lost' | 'wanted' | 'unwanted'>;
type WorldView = FilesView & Pick<InvariantView, 'rows' | 'printed' | 'secrets'>;

/** Of a configuration that says nothing about them. */
export const usualLimits = { maxPercentPerDay: 5, maxPendingTasks: 32 } as const;

/** What a world tells of files. `wanted`: CIDs of the orders that the bot is to take; it is to take no other. */
export function filesView({ chain, sworker }: World, wanted: readonly string[]): FilesView {
  const lost = sworker.files.list('lost').map(({ cid }) => cid);
  return {
    chain,
    held: [...sworker.files.list('valid').map(({ cid }) => cid), ...lost],
    lost,
    wanted,
    unwanted: ordersAt(chain, chain.finalized.number).filter((cid) => !wanted.includes(cid)),
  };
}

/** The same, and what a bot's home tells. */
export function worldView(world: World, home: BotHome, wanted: readonly string[]): WorldView {
  return {
    ...filesView(world, wanted),
    rows: async <T>(sql: string, ...bindings: readonly unknown[]) =>
      await home.rows<T>(sql, ...(bindings as (string | number)[])),
    printed: home.printed,
    secrets: waysSecrets,
  };
}
