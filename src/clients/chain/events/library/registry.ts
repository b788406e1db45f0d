import { Metadata, TypeRegistry } from '@polkadot/types';
import { crustTypes } from '../../crust-types.ts';
import { Undecodable } from '../../scale/undecodable.ts';
import type { EncodedRuntime } from './decoding-library.ts';

/** Metadata describes its own types from this version on. */
const SELF_DESCRIBING = 14;
const SPEC_NAME = 'crust';

/** The own types are used only for Crust's metadata of before V14, which names types without describing them. */
export function decodeRegistry({ specName, metadata }: Omit<EncodedRuntime, 'specVersion'>): TypeRegistry {
  const registry = new TypeRegistry();
  const metadataVersion = Number.parseInt(metadata.slice(10, 12), 16);
  if (specName === SPEC_NAME && metadataVersion < SELF_DESCRIBING) registry.register(crustTypes);
  try {
    registry.setMetadata(new Metadata(registry, `0x${metadata.slice(2)}`), undefined, undefined, true);
  } catch (error) {
    throw new Undecodable('metadata', `cannot be decoded: ${String(error)}`, metadata, error);
  }
  return registry;
}
