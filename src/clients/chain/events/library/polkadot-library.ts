import type { TypeRegistry } from '@polkadot/types';
import type { RawEvent } from '../plan/event-plan.ts';
import type { RuntimeForms } from '../plan/form.ts';
import type { DirectCall } from '../plan/market-calls.ts';
import { callForms } from './call-forms.ts';
import type { DecodingLibrary, EncodedRuntime } from './decoding-library.ts';
import { eventForms } from './event-forms.ts';
import { FormFinder } from './form-of.ts';
import { Undecodable } from '../../scale/undecodable.ts';
import { decodeCalls, decodeEvents } from './full-decoding.ts';
import { decodeRegistry } from './registry.ts';

/** Type registries take some 10 MiB each; besides the present runtime only the one before an upgrade is of use. */
const MAX_KEPT = 2;

/** @polkadot/types itself. It takes tens of megabytes, which a process gives back at its end and nothing else does. */
export class PolkadotLibrary implements DecodingLibrary {
  readonly #registries = new Map<number, { readonly metadata: string; readonly registry: TypeRegistry }>();

  async forms(runtime: EncodedRuntime): Promise<RuntimeForms> {
    const registry = this.#registryOf(runtime);
    const finder = new FormFinder(registry);
    try {
      return { events: eventForms(registry, finder), calls: callForms(registry, finder) };
    } catch (error) {
      // Bytes that were read as metadata may still speak of types that are not there.
      throw new Undecodable('metadata', `its types cannot be told: ${String(error)}`, runtime.metadata, error);
    }
  }

  async events(runtime: EncodedRuntime, bytes: Uint8Array): Promise<readonly RawEvent[]> {
    return decodeEvents(this.#registryOf(runtime), bytes);
  }

  async calls(runtime: EncodedRuntime, extrinsicHex: string): Promise<readonly DirectCall[]> {
    return decodeCalls(this.#registryOf(runtime), extrinsicHex);
  }

  async close(): Promise<void> {
    this.#registries.clear();
  }

  #registryOf(runtime: EncodedRuntime): TypeRegistry {
    const { specVersion, metadata } = runtime;
    const kept = this.#registries.get(specVersion);
    // Another node may tell the same runtime otherwise.
    const registry = kept?.metadata === metadata ? kept.registry : decodeRegistry(runtime);
    this.#registries.delete(specVersion);
    this.#registries.set(specVersion, { metadata, registry });
    for (const oldest of this.#registries.keys()) {
      if (this.#registries.size <= MAX_KEPT) break;
      this.#registries.delete(oldest);
    }
    return registry;
  }
}
