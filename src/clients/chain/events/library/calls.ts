import { GenericCall } from '@polkadot/types';
import type { TypeRegistry } from '@polkadot/types';

const MAX_DEPTH = 10;

/** The call of an encoded extrinsic; throws what the library throws when it cannot be decoded. */
export function callOf(registry: TypeRegistry, extrinsicHex: string): GenericCall {
  const { method } = registry.createType('Extrinsic', extrinsicHex);
  if (method instanceof GenericCall) return method;
  throw new TypeError('an extrinsic without a call');
}

/**
 * A call and all calls inside of it, in the order they run: batches, derivatives, multisigs and whatever else takes a call. A multisig's call that
 * comes as bytes is opened too.
 */
export function* callsWithin(registry: TypeRegistry, call: GenericCall, depth = 0): Generator<GenericCall> {
  yield call;
  if (depth === MAX_DEPTH) return;
  for (const arg of call.args) {
    for (const inner of Array.isArray(arg) ? arg : [arg]) {
      if (inner instanceof GenericCall) yield* callsWithin(registry, inner, depth + 1);
    }
  }
  const opaque = call.section === 'multisig' && call.method === 'asMulti' ? namedArg(call, 'call') : undefined;
  if (opaque instanceof Uint8Array && !(opaque instanceof GenericCall)) {
    const inner = registry.createType('Call', opaque);
    if (inner instanceof GenericCall) yield* callsWithin(registry, inner, depth + 1);
  }
}

/** An argument by its name in the metadata; leading underscores of unused arguments do not count. */
export function namedArg(call: GenericCall, name: string): unknown {
  const index = call.meta.args.findIndex((arg) => arg.name.toString().replace(/^_+/, '') === name);
  return index < 0 ? undefined : call.args[index];
}
