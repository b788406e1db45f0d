import type { Vec } from '@polkadot/types';
import type { EventRecord } from '@polkadot/types/interfaces';
import { GenericExtrinsic, Metadata, TypeRegistry } from '@polkadot/types';

import type { Block } from '../../../../devnet/chain/block.ts';
import { metadataHex } from '../../../../devnet/chain/metadata.ts';
import type { ChainModel } from '../../../../devnet/chain/model.ts';
import type { SpecVersion } from '../../../../devnet/chain/runtime-version.ts';
import { itemKey } from '../../../../devnet/chain/storage-keys.ts';
import { crustTypes } from '../../../../src/clients/chain/crust-types.ts';

const registries = new Map<SpecVersion, TypeRegistry>();

/** Polkadot's decoder over the generated metadata. */
export function registryOf(specVersion: SpecVersion): TypeRegistry {
  let registry = registries.get(specVersion);
  if (registry === undefined) {
    registry = new TypeRegistry();
    registry.register(crustTypes);
    registry.setMetadata(new Metadata(registry, metadataHex(specVersion)));
    registries.set(specVersion, registry);
  }
  return registry;
}

export type DecodedEvent = { readonly phase: string; readonly name: string; readonly args: readonly string[] };

/** The head's events, as polkadot decodes them under the runtime that ran the block. */
export function eventsOf(chain: ChainModel, specVersion: SpecVersion = chain.specVersion): DecodedEvent[] {
  const bytes = chain.storage.getAt(itemKey('System', 'Events'), chain.head.number);
  const registry = registryOf(specVersion);
  const records = registry.createType<Vec<EventRecord>>('Vec<EventRecord>', bytes);
  return records.map(({ phase, event }) => ({
    phase: phase.isApplyExtrinsic ? phase.asApplyExtrinsic.toString() : phase.type,
    name: `${event.section}.${event.method}`,
    args: event.data.map((arg) => arg.toString()),
  }));
}

/** The names of a pallet's events in the head, in their order. */
export function eventNames(chain: ChainModel, pallet: string): string[] {
  return eventsOf(chain)
    .filter(({ name }) => name.startsWith(`${pallet}.`))
    .map(({ name }) => name.slice(pallet.length + 1));
}

/** The block's extrinsics as `section.method` and their arguments as text. */
export function callsOf(block: Block, specVersion: SpecVersion = block.specVersion) {
  return block.extrinsics.map((bytes) => {
    const { method, signer, isSigned } = new GenericExtrinsic(registryOf(specVersion), bytes);
    return {
      name: `${method.section}.${method.method}`,
      args: method.args.map((arg) => arg.toHuman()),
      signer: isSigned ? signer.toHex() : undefined,
    };
  });
}
