import { blake2AsU8a } from '@polkadot/util-crypto';
import { z } from 'zod';

import type { Block } from '../block.ts';
import { toHex } from '../hex.ts';
import type { Hex } from '../hex.ts';
import { metadataHex } from '../metadata.ts';
import { runtimeVersion } from '../runtime-version.ts';
import { unsubscribe } from './chain-methods.ts';
import { RpcError } from './error.ts';
import { param, stateBlock } from './method.ts';
import type { Method, MethodContext } from './method.ts';

const MAX_KEYS_A_PAGE = 1000;

const optionalHash = z.string().nullish();
const hexKey = z
  .string()
  .regex(/^0x([0-9a-f]{2})*$/i, 'not hexadecimal')
  .transform((key) => key.toLowerCase() as Hex);

export const stateMethods: Record<string, Method> = {
  state_getMetadata: (params, context) => {
    const block = stateBlock(param(optionalHash, params, 0), context);
    return metadataHex(block.specVersion);
  },
  state_getRuntimeVersion: (params, context) => {
    const block = stateBlock(param(optionalHash, params, 0), context);
    return runtimeVersion(block.specVersion);
  },
  state_getStorage: (params, context) => {
    const value = valueAt(params, context);
    return value === undefined ? null : toHex(value);
  },
  state_getStorageHash: (params, context) => {
    const value = valueAt(params, context);
    return value === undefined ? null : toHex(blake2AsU8a(value, 256));
  },
  state_getStorageSize: (params, context) => valueAt(params, context)?.length ?? null,
  state_queryStorageAt: (params, context) => {
    const keys = param(z.array(hexKey), params, 0);
    const block = stateBlock(param(optionalHash, params, 1), context);
    return [changeSet(keys, block, context)];
  },
  state_getKeysPaged: (params, context) => {
    const prefix = param(hexKey.nullish(), params, 0) ?? '0x';
    const count = param(z.int().nonnegative(), params, 1);
    const startKey = param(hexKey.nullish(), params, 2) ?? undefined;
    if (count > MAX_KEYS_A_PAGE) {
      throw new RpcError(4002, `count exceeds maximum value. value: ${count}, max: ${MAX_KEYS_A_PAGE}`);
    }
    const block = stateBlock(param(optionalHash, params, 3), context);
    return context.chain.storage.keysAt(prefix, block.number, count, startKey);
  },
  state_subscribeStorage: (params, context) => {
    const { chain, session } = context;
    const keys = param(z.array(hexKey), params, 0);
    return session.subscribe('state_storage', (notify) => {
      notify(changeSet(keys, chain.head, context));
      return chain.onBlock(({ block, changedKeys }) => {
        const changed = new Set(changedKeys);
        const asked = keys.filter((key) => changed.has(key));
        if (asked.length > 0) notify(changeSet(asked, block, context));
      });
    });
  },
  state_unsubscribeStorage: unsubscribe,
  state_subscribeRuntimeVersion: (_params, { chain, session }) =>
    session.subscribe('state_runtimeVersion', (notify) => {
      notify(runtimeVersion(chain.head.specVersion));
      return chain.onBlock(({ block, isRuntimeChanged }) => {
        if (isRuntimeChanged) notify(runtimeVersion(block.specVersion));
      });
    }),
  state_unsubscribeRuntimeVersion: unsubscribe,
};

function valueAt(params: readonly unknown[], context: MethodContext): Uint8Array | undefined {
  const key = param(hexKey, params, 0);
  const block = stateBlock(param(optionalHash, params, 1), context);
  return context.chain.storage.getAt(key, block.number);
}

function changeSet(keys: readonly Hex[], block: Block, { chain }: MethodContext) {
  const changes = keys.map((key) => {
    const value = chain.storage.getAt(key, block.number);
    return [key, value === undefined ? null : toHex(value)];
  });
  return { block: block.hash, changes };
}
