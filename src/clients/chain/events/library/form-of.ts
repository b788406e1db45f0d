import { GenericExtrinsicEra } from '@polkadot/types';
import type { TypeRegistry } from '@polkadot/types';
import {
  AbstractInt,
  bool as Bool,
  Bytes,
  Compact,
  Enum,
  Null,
  Option,
  Result,
  Struct,
  Tuple,
  U8aFixed,
  Vec,
  VecFixed,
} from '@polkadot/types-codec';
import type { Codec, CodecClass } from '@polkadot/types-codec/types';
import type { Form } from '../plan/form.ts';

/** A type whose form is not known here: its values have to be decoded. */
export class Unplannable extends Error {
  override readonly name = 'Unplannable';
}

const maxDepth = 24;
const maxTypes = 5000;
/** Enough for the smallest value of any type, whatever it is made of. */
export const zeros = new Uint8Array(4096);
/**
 * Classes that do no more than give a type to one of the library's own: made by its factories, which name them so or not at all. Every other
 * subclass may read its bytes in a way of its own.
 */
const plainNames: ReadonlySet<string> = new Set(['', 'Type']);
const plainBases: readonly unknown[] = [Bytes, Compact, Enum, Option, Result, Struct, Tuple, Vec, VecFixed];

/** Tells forms from specimens: small values that the library itself decodes, taken apart by its own classes. */
export class FormFinder {
  readonly #registry: TypeRegistry;
  readonly #known = new Map<unknown, Form>();

  constructor(registry: TypeRegistry) {
    this.#registry = registry;
  }

  /** @throws Unplannable */
  of(specimen: Codec): Form {
    return this.#find(specimen, { depth: 0, types: 0 });
  }

  /** Of a part of something larger. @throws Unplannable */
  ofPart(part: unknown): Form {
    return this.of(asCodec(part));
  }

  #find(specimen: Codec, trail: { readonly depth: number; types: number }): Form {
    const known = this.#known.get(specimen.constructor);
    if (known !== undefined) return known;
    trail.types += 1;
    if (trail.depth > maxDepth || trail.types > maxTypes) throw new Unplannable('a type that is too deep');
    const deeper = { depth: trail.depth + 1, types: trail.types };
    const form = leaf(specimen) ?? this.#composed(specimen, deeper);
    trail.types = deeper.types;
    // A base class itself is that of many types.
    if (!plainBases.includes(specimen.constructor)) this.#known.set(specimen.constructor, form);
    return form;
  }

  #composed(specimen: Codec, trail: { readonly depth: number; types: number }): Form {
    if (!isPlain(specimen)) throw new Unplannable(`a type of its own kind: ${specimen.toRawType()}`);
    const find = (inner: unknown): Form => this.#find(asCodec(inner), trail);
    if (specimen instanceof Struct) return { is: 'sequence', parts: [...specimen.values()].map(find) };
    if (specimen instanceof Tuple || specimen instanceof VecFixed)
      return { is: 'sequence', parts: [...specimen].map(find) };
    if (specimen instanceof Vec) return { is: 'list', item: find(this.#remade(specimen, Vec, 4)[0]) };
    if (specimen instanceof Option) return { is: 'option', inner: find(this.#remade(specimen, Option, 1).unwrap()) };
    if (specimen instanceof Enum) {
      const found = specimen.defIndexes.map(
        (index) => [index, find(this.#remade(specimen, Enum, index).inner)] as const,
      );
      return { is: 'variants', byIndex: new Map(found) };
    }
    throw new Unplannable(`an unknown type: ${specimen.toRawType()}`);
  }

  /** Another value of the same type, whose first byte is `first`. */
  #remade<T extends Codec>(specimen: T, Base: abstract new (...args: never[]) => T, first: number): T {
    const bytes = zeros.slice();
    bytes[0] = first;
    const Class = specimen.constructor as CodecClass;
    const remade = made(() => new Class(this.#registry, bytes));
    if (remade instanceof Base) return remade;
    throw new Unplannable(`a type that changes: ${specimen.toRawType()}`);
  }
}

function leaf(specimen: Codec): Form | undefined {
  if (specimen instanceof Null) return { is: 'nothing' };
  if (specimen instanceof AbstractInt) return { is: 'number', sizeBytes: specimen.bitLength() / 8 };
  if (specimen instanceof Bool) return { is: 'bool' };
  if (specimen instanceof U8aFixed) return { is: 'bytes', sizeBytes: specimen.length };
  if (specimen instanceof Bytes && isPlain(specimen)) return { is: 'byteString' };
  if (specimen instanceof Compact && isPlain(specimen)) {
    const content: unknown = specimen.unwrap();
    if (content instanceof AbstractInt) return { is: 'compact', bits: content.bitLength() };
  }
  if (specimen instanceof GenericExtrinsicEra) return { is: 'era' };
  return undefined;
}

function isPlain(specimen: Codec): boolean {
  let Class: unknown = specimen.constructor;
  while (typeof Class === 'function') {
    if (plainBases.includes(Class)) return true;
    if (!plainNames.has(Class.name)) return false;
    Class = Object.getPrototypeOf(Class);
  }
  return false;
}

/** What `find` finds, or null where it meets a type of unknown form. */
export function formOrNull<T>(find: () => T): T | null {
  try {
    return find();
  } catch (error) {
    if (error instanceof Unplannable) return null;
    throw error;
  }
}

/** A specimen by the library: what it throws for a type of which it can make none is `Unplannable`. */
export function made<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new Unplannable(String(error));
  }
}

function asCodec(inner: unknown): Codec {
  if (typeof inner === 'object' && inner !== null && 'toRawType' in inner) return inner as Codec;
  throw new Unplannable('a part that is no value');
}
