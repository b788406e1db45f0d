import { Metadata, TypeRegistry } from '@polkadot/types';

/** In metadata, a type that is only named: 8, the length of its name, its name. */
function named(type: string): string {
  return Buffer.from(`\b${String.fromCharCode(4 * type.length)}${type}`).toString('hex');
}

/** The same runtime as it would describe itself in metadata V14. */
export function selfDescribing(v12: `0x${string}`): `0x${string}` {
  const registry = new TypeRegistry();
  const metadata = new Metadata(registry, v12);
  const described = metadata.asV14.toHex().slice(2).replaceAll(named('MerkleRoot'), named('Bytes'));
  return `0x6d6574610e${described}`;
}
