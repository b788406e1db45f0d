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
import {
  bool,
  byteString,
  compact,
  type Layout,
  list,
  nothing,
  number,
  option,
  rawBytes,
  sequence,
  variants,
} from './layout.ts';

/** A type whose layout is not known here: its values have to be decoded. */
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

/** Tells layouts from specimens: small values that the library itself decodes, taken apart by its own classes. */
export class LayoutFinder {
  readonly #registry: TypeRegistry;
  readonly #known = new Map<unknown, Layout>();

  constructor(registry: TypeRegistry) {
    this.#registry = registry;
  }

  /** @throws Unplannable */
  of(specimen: Codec): Layout {
    return this.#find(specimen, { depth: 0, types: 0 });
  }

  /** Of a part of something larger. @throws Unplannable */
  ofPart(part: unknown): Layout {
    return this.of(asCodec(part));
  }

  #find(specimen: Codec, trail: { readonly depth: number; types: number }): Layout {
    const known = this.#known.get(specimen.constructor);
    if (known !== undefined) return known;
    trail.types += 1;
    if (trail.depth > maxDepth || trail.types > maxTypes) throw new Unplannable('a type that is too deep');
    const deeper = { depth: trail.depth + 1, types: trail.types };
    const layout = leaf(specimen) ?? this.#composed(specimen, deeper);
    trail.types = deeper.types;
    // A base class itself is that of many types.
    if (!plainBases.includes(specimen.constructor)) this.#known.set(specimen.constructor, layout);
    return layout;
  }

  #composed(specimen: Codec, trail: { readonly depth: number; types: number }): Layout {
    if (!isPlain(specimen)) throw new Unplannable(`a type of its own kind: ${specimen.toRawType()}`);
    const find = (inner: unknown): Layout => this.#find(asCodec(inner), trail);
    if (specimen instanceof Struct) return sequence([...specimen.values()].map(find));
    if (specimen instanceof Tuple || specimen instanceof VecFixed) return sequence([...specimen].map(find));
    if (specimen instanceof Vec) return list(find(this.#remade(specimen, Vec, 4)[0]));
    if (specimen instanceof Option) return option(find(this.#remade(specimen, Option, 1).unwrap()));
    if (specimen instanceof Enum) {
      const found = specimen.defIndexes.map(
        (index) => [index, find(this.#remade(specimen, Enum, index).inner)] as const,
      );
      return variants(new Map(found));
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

function leaf(specimen: Codec): Layout | undefined {
  if (specimen instanceof Null) return nothing;
  if (specimen instanceof AbstractInt) return number(specimen.bitLength());
  if (specimen instanceof Bool) return bool;
  if (specimen instanceof U8aFixed) return rawBytes(specimen.length);
  if (specimen instanceof Bytes && isPlain(specimen)) return byteString;
  if (specimen instanceof Compact && isPlain(specimen)) {
    const content: unknown = specimen.unwrap();
    if (content instanceof AbstractInt) return compact(content.bitLength());
  }
  if (specimen instanceof GenericExtrinsicEra) return era;
  return undefined;
}

/** Immortal is one zero byte; otherwise two bytes tell the period, a power of two, and the phase in it, in steps of at least a 4096th. */
const era: Layout = {
  skip: (bytes, at) => {
    const [first, second] = [bytes[at], bytes[at + 1]];
    if (first === 0) return at + 1;
    if (first === undefined || second === undefined) return -1;
    const encoded = first + second * 256;
    const period = 2 << (encoded % 16);
    const phase = (encoded >> 4) * Math.max(period >> 12, 1);
    return period >= 4 && phase < period ? at + 2 : -1;
  },
  form: { is: 'other' },
};

function isPlain(specimen: Codec): boolean {
  let Class: unknown = specimen.constructor;
  while (typeof Class === 'function') {
    if (plainBases.includes(Class)) return true;
    if (!plainNames.has(Class.name)) return false;
    Class = Object.getPrototypeOf(Class);
  }
  return false;
}

/** What `plan` makes, or null where it meets a type of unknown layout. */
export function planned<T>(plan: () => T): T | null {
  try {
    return plan();
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
