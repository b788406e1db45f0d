import type { TypeRegistry } from '@polkadot/types';

/** Encodes the parts of blocks that the decoders under test read, by names of the runtime's metadata. */
export class BlockBytes {
  readonly #registry: TypeRegistry;

  constructor(registry: TypeRegistry) {
    this.#registry = registry;
  }

  /** `fields` are encoded by the event's own types; `phase` is an extrinsic's index or a phase's name. */
  event(
    pallet: string,
    name: string,
    fields: readonly unknown[],
    phase: number | 'Initialization' | 'Finalization',
  ): Uint8Array {
    const registry = this.#registry;
    const found = registry.metadata.pallets.find((one) => one.name.toString() === pallet);
    const variants = registry.lookup.getSiType(found?.events.unwrap().type ?? 0).def.asVariant.variants;
    const variant = variants.find((one) => one.name.toString() === name);
    if (found === undefined || variant === undefined) throw new Error(`no event ${pallet}.${name}`);
    const data = variant.fields.map(({ type }, index) =>
      registry.createTypeUnsafe(registry.createLookupType(type), [fields[index]]).toU8a(),
    );
    const phaseValue = typeof phase === 'number' ? { ApplyExtrinsic: phase } : { [phase]: null };
    const head = Buffer.from([found.index.toNumber(), variant.index.toNumber()]);
    return Buffer.concat([registry.createType('Phase', phaseValue).toU8a(), head, ...data, Buffer.from([0])]);
  }

  events(...records: readonly Uint8Array[]): `0x${string}` {
    const count = this.#registry.createType('Compact<u32>', records.length).toU8a();
    return `0x${Buffer.concat([count, ...records]).toString('hex')}`;
  }

  call(pallet: string, name: string, ...args: readonly unknown[]): Uint8Array {
    const registry = this.#registry;
    const found = registry.metadata.pallets.find((one) => one.name.toString() === pallet);
    const variants = registry.lookup.getSiType(found?.calls.unwrap().type ?? 0).def.asVariant.variants;
    const variant = variants.find((one) => one.name.toString() === name);
    if (found === undefined || variant === undefined) throw new Error(`no call ${pallet}.${name}`);
    const encoded = variant.fields.map(({ type }, index) =>
      registry.createTypeUnsafe(registry.createLookupType(type), [args[index]]).toU8a(),
    );
    return Buffer.concat([Buffer.from([found.index.toNumber(), variant.index.toNumber()]), ...encoded]);
  }

  /** An unsigned extrinsic of version 4: who signed says nothing to the bot. */
  extrinsic(call: Uint8Array): string {
    const body = Buffer.concat([Buffer.from([4]), call]);
    return `0x${Buffer.concat([this.#registry.createType('Compact<u32>', body.length).toU8a(), body]).toString('hex')}`;
  }

  order(cid: string | Uint8Array, memo: string | Uint8Array): Uint8Array {
    return this.call('Market', 'place_storage_order', asBytes(cid), 1000, 0, asBytes(memo));
  }
}

/** Bytes with their length in front survive every conversion of the library. */
function asBytes(content: string | Uint8Array): string {
  return `0x${Buffer.from(content).toString('hex')}`;
}
