import { z } from 'zod';
import { MIB } from '../../../domain/units.ts';
import type { Ask, BlockRef } from '../ask.ts';
import { hexSchema } from '../connection/answers.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import { decodedLater } from '../scale/undecodable.ts';
import type { DecodingLibrary, EncodedRuntime, RuntimeVersion } from './library/decoding-library.ts';
import { PayerNames } from './payer-names.ts';
import { CallPlan } from './plan/call-plan.ts';
import { EventPlan, type RawEvent } from './plan/event-plan.ts';
import { Layouts } from './plan/layout.ts';
import type { DirectCall } from './plan/market-calls.ts';

/** Two digits a byte; with all its documentation that of a present runtime has less than one million. */
export const maxMetadataDigits = 4 * MIB;
/** Besides the present runtime only the one before an upgrade is of use. */
const MAX_KEPT = 3;

const metadataSchema = z
  .string()
  .max(maxMetadataDigits)
  .and(hexSchema)
  .and(z.templateLiteral(['0x6d657461', z.string()]));

/** What is needed to decode blocks of one runtime. */
export interface Runtime {
  readonly specVersion: number;
  readonly eventPlan: EventPlan;
  readonly callPlan: CallPlan;
  readonly payers: PayerNames;
  /** For what the plans cannot read. */
  readonly library: {
    events(bytes: Uint8Array): Promise<readonly RawEvent[]>;
    calls(extrinsicHex: string): Promise<readonly DirectCall[]>;
  };
}

/** The runtimes met so far, by version. */
export class Runtimes {
  readonly #library: DecodingLibrary;
  readonly #kept = new Map<number, Runtime>();

  constructor(library: DecodingLibrary) {
    this.#library = library;
  }

  find(specVersion: number): Runtime | undefined {
    return this.#kept.get(specVersion);
  }

  /** Blocks cannot be read by it: a damaged answer may have told of it, so it is asked for again. */
  forget(specVersion: number): void {
    this.#kept.delete(specVersion);
  }

  /** The runtime of the state at `at`. */
  async load(connection: ChainConnection, version: RuntimeVersion, at: BlockRef, ask: Ask): Promise<Runtime> {
    const { specVersion } = version;
    const known = this.#kept.get(specVersion);
    if (known !== undefined) return this.#use(known);
    const metadata = await connection.requestAt(metadataSchema, 'state_getMetadata', [at.hash], at, ask);
    const encoded = { ...version, metadata };
    const runtime = await decodedLater(connection.name, at, async () => await plannedRuntime(this.#library, encoded));
    return this.#use(this.#kept.get(specVersion) ?? runtime);
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

export async function plannedRuntime(library: DecodingLibrary, encoded: EncodedRuntime): Promise<Runtime> {
  const { events, calls } = await library.forms(encoded);
  const layouts = new Layouts();
  return {
    specVersion: encoded.specVersion,
    eventPlan: new EventPlan(events, layouts),
    callPlan: new CallPlan(calls, layouts),
    payers: new PayerNames(),
    library: {
      events: async (bytes) => await library.events(encoded, bytes),
      calls: async (extrinsicHex) => await library.calls(encoded, extrinsicHex),
    },
  };
}
