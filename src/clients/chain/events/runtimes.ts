import { Metadata, TypeRegistry } from '@polkadot/types';
import { z } from 'zod';
import type { Ask, BlockRef } from '../ask.ts';
import { hexSchema } from '../connection/answers.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import { crustTypes } from '../crust-types.ts';
import { decodedAt, Undecodable } from '../scale/undecodable.ts';
import { PayerNames } from './payer-names.ts';
import { CallPlan } from './plan/call-plan.ts';
import { EventPlan } from './plan/event-plan.ts';

/** Metadata describes its own types from this version on. */
const SELF_DESCRIBING = 14;
/** Type registries take some 15 MiB each; besides the present runtime only the one before an upgrade is of use. */
const MAX_KEPT = 3;
const SPEC_NAME = 'crust';

export interface RuntimeVersion {
  readonly specName: string;
  readonly specVersion: number;
}

const metadataSchema = hexSchema.and(z.templateLiteral(['0x6d657461', z.string()]));

/** What is needed to decode blocks of one runtime. */
export interface Runtime {
  readonly specVersion: number;
  readonly registry: TypeRegistry;
  readonly eventPlan: EventPlan;
  readonly callPlan: CallPlan;
  readonly payers: PayerNames;
}

/** The runtimes met so far, by version. */
export class Runtimes {
  readonly #kept = new Map<number, Runtime>();

  find(specVersion: number): Runtime | undefined {
    return this.#kept.get(specVersion);
  }

  /** The runtime of the state at `at`. */
  async load(connection: ChainConnection, version: RuntimeVersion, at: BlockRef, ask: Ask): Promise<Runtime> {
    const { specVersion } = version;
    const known = this.#kept.get(specVersion);
    if (known !== undefined) return this.#use(known);
    const metadata = await connection.requestAt(metadataSchema, 'state_getMetadata', [at.hash], at, ask);
    const loaded = this.#kept.get(specVersion);
    return this.#use(loaded ?? decodedAt(connection.name, at, () => decodeRuntime(version, metadata)));
  }

  #use(runtime: Runtime): Runtime {
    this.#kept.delete(runtime.specVersion);
    this.#kept.set(runtime.specVersion, runtime);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
    return runtime;
  }
}

/** The own types are used only for Crust's metadata of before V14, which names types without describing them. */
export function decodeRuntime({ specName, specVersion }: RuntimeVersion, metadataHex: `0x${string}`): Runtime {
  const registry = new TypeRegistry();
  const metadataVersion = Number.parseInt(metadataHex.slice(10, 12), 16);
  if (specName === SPEC_NAME && metadataVersion < SELF_DESCRIBING) registry.register(crustTypes);
  try {
    registry.setMetadata(new Metadata(registry, metadataHex), undefined, undefined, true);
  } catch (error) {
    throw new Undecodable('metadata', `cannot be decoded: ${String(error)}`, metadataHex, error);
  }
  return {
    specVersion,
    registry,
    eventPlan: new EventPlan(registry),
    callPlan: new CallPlan(registry),
    payers: new PayerNames(),
  };
}
