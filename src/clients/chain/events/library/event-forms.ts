import { GenericEvent } from '@polkadot/types';
import type { TypeRegistry } from '@polkadot/types';
import { AbstractInt, Enum, Struct, Vec } from '@polkadot/types-codec';
import type { EventForm, EventForms } from '../plan/form.ts';
import { type FormFinder, formOrNull, made, Unplannable, zeros } from './form-of.ts';

const SECTION = 'market';
/** The phase that carries the index of an extrinsic. */
const APPLY_EXTRINSIC = 0;

/** How the events of a runtime lie in `System.Events`, told from specimens of its own types. */
export function eventForms(registry: TypeRegistry, finder: FormFinder): EventForms {
  const events = new Map<number, EventForm>();
  for (const { index: pallet, events: own } of registry.metadata.pallets) {
    if (own.isNone) continue;
    for (const { index } of registry.lookup.getSiType(own.unwrap().type).def.asVariant.variants) {
      const form = formOrNull(() => eventForm(registry, finder, [pallet.toNumber(), index.toNumber()]));
      if (form !== null) events.set(pallet.toNumber() * 256 + index.toNumber(), form);
    }
  }
  return { frame: formOrNull(() => frameForm(registry, finder)), events };
}

function eventForm(registry: TypeRegistry, finder: FormFinder, index: readonly [number, number]): EventForm {
  const bytes = zeros.slice();
  bytes.set(index);
  const { section, method, data } = made(() => new GenericEvent(registry, bytes));
  return { method: section === SECTION ? method : null, fields: [...data].map((field) => finder.of(field)) };
}

function frameForm(registry: TypeRegistry, finder: FormFinder): NonNullable<EventForms['frame']> {
  const record: unknown = made(() => registry.createType('EventRecord', zeros));
  if (!(record instanceof Struct)) throw new Unplannable('an event record that is none');
  const [phase, event, topics]: unknown[] = [...record.values()];
  if (
    [...record.keys()].join() !== 'phase,event,topics' ||
    !(phase instanceof Enum && phase.type === 'ApplyExtrinsic' && phase.index === APPLY_EXTRINSIC) ||
    !(phase.inner instanceof AbstractInt && phase.inner.bitLength() === 32) ||
    !(event instanceof GenericEvent && topics instanceof Vec)
  )
    throw new Unplannable('an event record of another shape');
  return { phase: finder.of(phase), topics: finder.of(topics) };
}
