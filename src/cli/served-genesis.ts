import type { Clients } from '../app-parts.ts';
import { isOutage } from '../domain/errors.ts';

/** The genesis hash of the chain that the end points serve; undefined while none can be asked. */
export async function servedGenesis(clients: Clients, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await clients.chain.blocks.genesisHash({ signal });
  } catch (error) {
    if (isOutage(error) || signal.aborted) return undefined;
    throw error;
  }
}
