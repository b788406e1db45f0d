import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

import { projectFile } from '../project-file.ts';
import { encodeRuntimeVersion, runtimeVersion } from './runtime-version.ts';
import type { SpecVersion } from './runtime-version.ts';
import { toHex } from './hex.ts';

/** In the order of the runtime's enumeration: the position is the byte in the metadata. */
export const HASHERS = [
  'Blake2_128',
  'Blake2_256',
  'Blake2_128Concat',
  'Twox128',
  'Twox256',
  'Twox64Concat',
  'Identity',
] as const;

const storageItem = z.strictObject({
  name: z.string(),
  modifier: z.enum(['Optional', 'Default', 'Required']),
  /** Hasher and type of each key: none for a plain value, one for a map, two for a double map. */
  keys: z
    .array(z.tuple([z.enum(HASHERS), z.string()]))
    .max(2)
    .default([]),
  value: z.string(),
  fallback: z.string(),
});

const namedList = z.array(z.array(z.string()).min(1));
const sinceSpec = z.record(z.string(), z.number()).default({});

const pallet = z.strictObject({
  name: z.string(),
  index: z.number(),
  prefix: z.string().nullable(),
  storage: z.array(storageItem).nullable(),
  /** Name, then `argument: type` each. The position is the call's byte. */
  calls: namedList.nullable(),
  /** Name, then the type of each argument. The position is the event's byte. */
  events: namedList.nullable(),
  /** Name, type, value in hexadecimal. */
  constants: z.array(z.tuple([z.string(), z.string(), z.string()])),
  errors: z.array(z.string()),
  /** Spec version from which on an item exists; unlisted items exist in every version served. */
  since: z
    .strictObject({ storage: sinceSpec, calls: sinceSpec, events: sinceSpec, errors: sinceSpec })
    .partial()
    .optional(),
});

export type StorageItem = z.infer<typeof storageItem>;
export type Pallet = Omit<z.infer<typeof pallet>, 'since'>;

/** What a Crust runtime is made of, in the order of its metadata. */
export type PalletTable = { readonly specVersion: SpecVersion; readonly pallets: readonly Pallet[] };

const tables = new Map<SpecVersion, PalletTable>();

/** The names, indices and types of the Crust runtime of a spec version, from the files in `pallets/`. */
export function palletTable(specVersion: SpecVersion): PalletTable {
  const known = tables.get(specVersion);
  if (known !== undefined) return known;
  const folder = projectFile('devnet/chain/pallets');
  const pallets = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => pallet.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))))
    .sort((a, b) => a.index - b.index)
    .map((entry) => ofVersion(entry, specVersion));
  const table = { specVersion, pallets };
  tables.set(specVersion, table);
  return table;
}

function ofVersion({ since = {}, ...entry }: z.infer<typeof pallet>, specVersion: SpecVersion): Pallet {
  const exists = (from: Record<string, number> | undefined, name: string | undefined) =>
    (from?.[name ?? ''] ?? 0) <= specVersion;
  return {
    ...entry,
    storage: entry.storage?.filter((item) => exists(since.storage, item.name)) ?? null,
    calls: entry.calls?.filter(([name]) => exists(since.calls, name)) ?? null,
    events: entry.events?.filter(([name]) => exists(since.events, name)) ?? null,
    errors: entry.errors.filter((name) => exists(since.errors, name)),
    constants: entry.constants.map(([name, type, value]) =>
      type === 'RuntimeVersion'
        ? [name, type, toHex(encodeRuntimeVersion(runtimeVersion(specVersion)))]
        : [name, type, value],
    ),
  };
}

type Section = 'calls' | 'events' | 'errors';

const indices = new WeakMap<PalletTable, Map<string, Uint8Array>>();

/** The two bytes (pallet, item) that stand for a call, event or error. Throws when the runtime has no such item. */
export function itemIndex(table: PalletTable, section: Section, pallet: string, name: string): Uint8Array {
  let known = indices.get(table);
  if (known === undefined) {
    known = indexItems(table);
    indices.set(table, known);
  }
  const index = known.get(`${section} ${pallet}.${name}`);
  if (index === undefined) throw new Error(`spec ${table.specVersion} has no ${pallet}.${name} among its ${section}`);
  return index;
}

function indexItems(table: PalletTable): Map<string, Uint8Array> {
  const known = new Map<string, Uint8Array>();
  for (const { name: palletName, index, calls, events, errors } of table.pallets) {
    const add = (section: Section, names: readonly string[]) =>
      names.forEach((name, i) => known.set(`${section} ${palletName}.${name}`, Uint8Array.of(index, i)));
    add('calls', calls?.map(([name = '']) => name) ?? []);
    add('events', events?.map(([name = '']) => name) ?? []);
    add('errors', errors);
  }
  return known;
}
