import { request } from 'undici';
import type { World } from '../world/world.ts';
import type { PlannedOrder } from './orders/planned-order.ts';

/** Pins files at the bot's own daemon, which seals them: so they come to be held before there is a bot. */
export async function sealByHand(world: World, orders: readonly PlannedOrder[]): Promise<void> {
  for (const { cid } of orders) {
    const answer = await request(`${world.ipfs.apiUrl}/pin/add?arg=${cid}`, { method: 'POST' });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`pinning ${cid} by hand: ${text}`);
  }
}
