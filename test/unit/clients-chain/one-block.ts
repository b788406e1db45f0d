import type { BlockRef } from '../../../src/clients/chain/ask.ts';
import type { ChainClient } from '../../../src/clients/chain/chain-client.ts';
import type { BlockHints } from '../../../src/clients/chain/events/block-hints.ts';
import type { BlockEvents } from '../../../src/clients/chain/events/event-reader.ts';
import { ask } from './stub-chain.ts';

/** The events of one block, asked for by itself. */
export async function eventsOf(client: ChainClient, block: BlockRef): Promise<BlockEvents> {
  const { value: parent } = await client.blocks.blockAt(Math.max(0, block.number - 1), ask());
  const { value } = await client.events.blockEvents(parent, [block], ask());
  return only(value);
}

export async function hintsOf(client: ChainClient, events: BlockEvents): Promise<BlockHints> {
  return only((await client.events.readHints([events], ask())).value);
}

function only<T>(told: readonly T[]): T {
  const [one] = told;
  if (one === undefined || told.length !== 1) throw new Error(`${told.length} blocks told of instead of one`);
  return one;
}
