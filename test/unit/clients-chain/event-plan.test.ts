import type { Codec } from '@polkadot/types-codec/types';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { decodeEvents } from '../../../src/clients/chain/events/library/full-decoding.ts';
import { plannedFrom, type PlannedRuntime } from './planned.ts';
import { selfDescribing } from './self-describing.ts';

const runtimes: readonly (readonly [string, PlannedRuntime])[] = [
  ['22', await plannedFrom(22, metadataHex(22))],
  ['25', await plannedFrom(25, metadataHex(25))],
];
const future = await plannedFrom(26, selfDescribing(metadataHex(25)));

interface EventName {
  readonly pallet: string;
  readonly name: string;
  readonly index: Uint8Array;
}

function eventsOf({ registry }: PlannedRuntime): readonly EventName[] {
  return registry.metadata.pallets.flatMap(({ name: pallet, index, events }) =>
    events.isNone
      ? []
      : registry.lookup.getSiType(events.unwrap().type).def.asVariant.variants.map((variant) => ({
          pallet: pallet.toString(),
          name: variant.name.toString(),
          index: Uint8Array.of(index.toNumber(), variant.index.toNumber()),
        })),
  );
}

/** Fields of an event as the library encodes what it makes of some bytes; undefined when it makes nothing of them. */
function fieldsOf({ registry }: PlannedRuntime, { index }: EventName, entropy: Uint8Array): Uint8Array | undefined {
  try {
    const Data = registry.findMetaEvent(index);
    const data: Codec = new Data(registry, entropy);
    return data.toU8a();
  } catch {
    return undefined;
  }
}

/** A phase, the event, and topics. */
function recordOf(index: Uint8Array, fields: Uint8Array, phase: number, topics: number): Uint8Array {
  const phases = [Buffer.from([0, phase, 1, 0, 0]), Buffer.from([1]), Buffer.from([2])];
  const head = phases[phase % 5 === 0 ? 1 + (phase % 2) : 0] ?? Buffer.of(1);
  return Buffer.concat([head, index, fields, Buffer.from([topics * 4]), Buffer.alloc(32 * topics, 0xee)]);
}

function blockOf(records: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Buffer.of(records.length * 4), ...records]);
}

/** What the library says, or that it refuses. */
function fully({ registry }: PlannedRuntime, bytes: Uint8Array): unknown {
  try {
    return decodeEvents(registry, bytes).map((event) => ({ ...event, fields: event.fields.map(plain) }));
  } catch {
    return 'refused';
  }
}

function planned({ eventPlan }: PlannedRuntime, bytes: Uint8Array): unknown {
  return eventPlan.read(bytes)?.map((event) => ({ ...event, fields: event.fields.map(plain) }));
}

function plain(field: Uint8Array | undefined): string | undefined {
  return field === undefined ? undefined : Buffer.from(field).toString('hex');
}

// Mostly small lengths and the first variants, or hardly anything could be made of them.
const entropy = fc
  .array(
    fc.oneof({ weight: 5, arbitrary: fc.constantFrom(0, 1, 4, 8, 12, 16) }, { weight: 2, arbitrary: fc.nat(255) }),
    {
      minLength: 40,
      maxLength: 300,
    },
  )
  .map((numbers) => Uint8Array.from(numbers, (number, index) => (index % 3 === 0 ? number & 0xfc : number)));

describe.each(runtimes)('the layouts of runtime %s', (_, runtime) => {
  const names = eventsOf(runtime);
  const made = fc
    .record({ name: fc.constantFrom(...names), entropy, phase: fc.nat(60), topics: fc.nat(2) })
    .map(({ name, entropy, phase, topics }) => {
      const fields = fieldsOf(runtime, name, entropy);
      return fields === undefined ? undefined : recordOf(name.index, fields, phase, topics);
    })
    .filter((record) => record !== undefined);
  const block = fc.array(made, { maxLength: 6 }).map(blockOf);

  it('are known for every event that it has', () => {
    expect(names.length).toBeGreaterThan(150);
    for (const { pallet, name, index } of names) {
      const fields = fieldsOf(runtime, { pallet, name, index }, new Uint8Array(400)) ?? new Uint8Array();
      const bytes = blockOf([recordOf(index, fields, 3, 1)]);
      expect(planned(runtime, bytes), `${pallet}.${name}`).toEqual(fully(runtime, bytes));
      expect(planned(runtime, bytes)).toHaveLength(pallet === 'Market' ? 1 : 0);
    }
  });

  it('read what the library reads, whatever the events hold', () => {
    fc.assert(
      fc.property(block, (bytes) => {
        const read = planned(runtime, bytes);
        expect(read).toEqual(fully(runtime, bytes));
      }),
      { numRuns: 400 },
    );
  });

  it('never read what the library refuses or reads otherwise, wherever bytes are changed, cut or added', () => {
    const change = fc.record({ at: fc.nat(), by: fc.nat(255), cut: fc.nat(4), add: fc.nat(3), kind: fc.nat(2) });
    let read = 0;
    fc.assert(
      fc.property(block, change, (bytes, { at, by, cut, add, kind }) => {
        const changed = Buffer.from(kind === 1 ? bytes.subarray(0, Math.max(0, bytes.length - cut)) : bytes);
        if (kind === 0 && changed.length > 0) changed[at % changed.length] = by;
        const spoilt = kind === 2 ? Buffer.concat([changed, Buffer.alloc(add)]) : changed;
        const found = planned(runtime, spoilt);
        if (found === undefined) return;
        read += 1;
        expect(found).toEqual(fully(runtime, spoilt));
      }),
      { numRuns: 1500 },
    );
    expect(read).toBeGreaterThan(100);
  });
});

describe('a runtime that describes its types itself', () => {
  it('has layouts too, and leaves events of types unknown to the library to the library', () => {
    const known = [
      'System.ExtrinsicSuccess',
      'System.ExtrinsicFailed',
      'Balances.Transfer',
      'Market.FileSuccess',
      'Market.FileClosed',
    ];
    const found = eventsOf(future).filter(({ pallet, name }) => known.includes(`${pallet}.${name}`));
    expect(found).toHaveLength(known.length);
    const bytes = blockOf(
      found.map((name) => recordOf(name.index, fieldsOf(future, name, new Uint8Array(200)) ?? new Uint8Array(), 7, 0)),
    );
    expect(planned(future, bytes)).toEqual(fully(future, bytes));
    expect(planned(future, bytes)).toHaveLength(2);
    const strange = eventsOf(future).find(({ name }) => name === 'WorksReportSuccess');
    const report = blockOf([recordOf(strange?.index ?? new Uint8Array(), Buffer.alloc(64), 1, 0)]);
    expect(planned(future, report)).toBeUndefined();
  });
});
