import type { TypeRegistry } from '@polkadot/types';
import type { RawEvent } from '../plan/event-plan.ts';
import type { RuntimeForms } from '../plan/form.ts';
import type { DirectCall } from '../plan/market-calls.ts';
import { callForms } from './call-forms.ts';
import type { DecodingLibrary, EncodedRuntime } from './decoding-library.ts';
import { eventForms } from './event-forms.ts';
import { FormFinder } from './form-of.ts';
import { decodeCalls, decodeEvents } from './full-decoding.ts';
import { decodeRegistry } from './registry.ts';

/** Type registries take some 10 MiB each; besides the present runtime only the one before an upgrade is of use. */
const MAX_KEPT = 2;

/** @polkadot/types itself. It takes tens of megabytes, which a process gives back at its end and nothing else does. */
export class PolkadotLibrary implements DecodingLibrary {
  readonly #registries = new Map<number, TypeRegistry>();

  async forms(runtime: EncodedRuntime): Promise<RuntimeForms> {
    const registry = this.#registryOf(runtime);
    const finder = new FormFinder(registry);
    return { events: eventForms(registry, finder), calls: callForms(registry, finder) };
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
    const registry = this.#registries.get(runtime.specVersion) ?? decodeRegistry(runtime);
    this.#registries.delete(runtime.specVersion);
    this.#registries.set(runtime.specVersion, registry);
    for (const oldest of this.#registries.keys()) {
      if (this.#registries.size <= MAX_KEPT) break;
      this.#registries.delete(oldest);
    }
    return registry;
  }
}
