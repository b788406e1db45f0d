import type { TypeRegistry } from '@polkadot/types';
import { Struct, Vec } from '@polkadot/types-codec';
import type { Codec } from '@polkadot/types-codec/types';
import type { CallForm, CallForms, Form } from '../plan/form.ts';
import { type FormFinder, formOrNull, made, Unplannable, zeros } from './form-of.ts';

/** How those calls of a runtime lie in bytes that hint at orders, told from specimens of its own types. */
export function callForms(registry: TypeRegistry, finder: FormFinder): CallForms {
  const { lookup, metadata } = registry;
  const found = new Map<number, CallForm>();
  for (const { name: pallet, index: palletIndex, calls } of metadata.pallets) {
    if (calls.isNone) continue;
    for (const { name, index, fields } of lookup.getSiType(calls.unwrap().type).def.asVariant.variants) {
      const names = fields.map((field) => field.name.toString().replace(/^_+/, ''));
      const specimens = (): readonly Codec[] =>
        fields.map(({ type }) => made(() => registry.createTypeUnsafe(registry.createLookupType(type), [zeros])));
      const form = formOrNull(() => callForm(finder, `${pallet.toString()}.${name.toString()}`, names, specimens));
      if (form !== null) found.set(palletIndex.toNumber() * 256 + index.toNumber(), form);
    }
  }
  return { signature: formOrNull(() => signatureForm(registry, finder)), calls: found };
}

function signatureForm(registry: TypeRegistry, finder: FormFinder): Form {
  const specimen: unknown = made(() => registry.createTypeUnsafe('ExtrinsicSignatureV4', [zeros, { isSigned: true }]));
  if (!(specimen instanceof Struct)) throw new Unplannable('a signature that is none');
  return { is: 'sequence', parts: [...specimen.values()].map((part) => finder.ofPart(part)) };
}

function callForm(
  finder: FormFinder,
  call: string,
  names: readonly string[],
  specimens: () => readonly Codec[],
): CallForm {
  const args = (): readonly Form[] => specimens().map((specimen) => finder.of(specimen));
  switch (call) {
    case 'Market.place_storage_order':
      return orderForm(args(), names.indexOf('cid'), names.indexOf('memo'));
    case 'Market.update_replicas':
      return replicasForm(args());
    case 'Utility.batch':
    case 'Utility.batch_all':
      return batchForm(specimens());
    default:
      throw new Unplannable('a call that hints at nothing');
  }
}

function orderForm(args: readonly Form[], cidAt: number, memoAt: number): CallForm {
  if (args[cidAt]?.is !== 'byteString' || args[memoAt]?.is !== 'byteString')
    throw new Unplannable('an order of another shape');
  return { is: 'order', args, cidAt, memoAt };
}

/** The first argument is a list of (cid, size, changes). */
function replicasForm([files, ...rest]: readonly Form[]): CallForm {
  const item = files?.is === 'list' ? files.item : undefined;
  const cid = item?.is === 'sequence' ? item.parts[0] : undefined;
  if (item === undefined || cid?.is !== 'byteString') throw new Unplannable('reports of another shape');
  return { is: 'replicas', item, cid, rest };
}

function batchForm([inner, ...rest]: readonly Codec[]): CallForm {
  if (!(inner instanceof Vec && inner.toRawType() === 'Vec<Call>' && rest.length === 0))
    throw new Unplannable('a batch of another shape');
  return { is: 'batch' };
}
