import type { TypeRegistry } from '@polkadot/types';
import { PolkadotLibrary } from '../../../src/clients/chain/events/library/polkadot-library.ts';
import { decodeRegistry } from '../../../src/clients/chain/events/library/registry.ts';
import type { DecodingLibrary } from '../../../src/clients/chain/events/library/decoding-library.ts';
import { plannedRuntime, type Runtime } from '../../../src/clients/chain/events/runtimes.ts';

/** A runtime as the bot has it, its forms having gone to another process and back, and the library's own types to hold it against. */
export type PlannedRuntime = Runtime & { readonly registry: TypeRegistry };

export async function plannedFrom(specVersion: number, metadata: string): Promise<PlannedRuntime> {
  const library = new PolkadotLibrary();
  const moved: DecodingLibrary = {
    forms: async (runtime) => structuredClone(await library.forms(runtime)),
    events: async (runtime, bytes) => structuredClone(await library.events(runtime, bytes)),
    calls: async (runtime, extrinsicHex) => structuredClone(await library.calls(runtime, extrinsicHex)),
    close: async () => await library.close(),
  };
  const encoded = { specName: 'crust', specVersion, metadata };
  return { ...(await plannedRuntime(moved, encoded)), registry: decodeRegistry(encoded) };
}
