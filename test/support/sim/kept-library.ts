import type { RawEvent } from '../../../src/clients/chain/events/plan/event-plan.ts';
import type { DecodingLibrary, EncodedRuntime } from '../../../src/clients/chain/events/library/decoding-library.ts';
import type { RuntimeForms } from '../../../src/clients/chain/events/plan/form.ts';
import type { DirectCall } from '../../../src/clients/chain/events/plan/market-calls.ts';
import { PolkadotLibrary } from '../../../src/clients/chain/events/library/polkadot-library.ts';

const library = new PolkadotLibrary();
const formsOf = new Map<string, RuntimeForms>();

/** What every bot of this process decodes with: what a runtime's metadata says is the same at each start, and finding it out takes longer than a start. */
export class KeptLibrary implements DecodingLibrary {
  async forms(runtime: EncodedRuntime): Promise<RuntimeForms> {
    const name = `${runtime.specVersion} ${runtime.metadata}`;
    const forms = formsOf.get(name) ?? (await library.forms(runtime));
    formsOf.set(name, forms);
    return forms;
  }

  async events(runtime: EncodedRuntime, bytes: Uint8Array): Promise<readonly RawEvent[]> {
    return await library.events(runtime, bytes);
  }

  async calls(runtime: EncodedRuntime, extrinsicHex: string): Promise<readonly DirectCall[]> {
    return await library.calls(runtime, extrinsicHex);
  }

  async close(): Promise<void> {
    // The next start needs it again.
  }
}
