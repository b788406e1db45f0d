import type { RuntimeForms } from '../plan/form.ts';
import type { RawEvent } from '../plan/event-plan.ts';
import type { DirectCall } from '../plan/market-calls.ts';

export interface RuntimeVersion {
  readonly specName: string;
  readonly specVersion: number;
}

/** A runtime as the chain tells of it; the metadata as hex. */
export interface EncodedRuntime extends RuntimeVersion {
  readonly metadata: string;
}

/** What the field's library says about a runtime and its blocks. What cannot be decoded rejects with `Undecodable`. */
export interface DecodingLibrary {
  /** How its events and calls lie in bytes, for reading them without the library. */
  forms(runtime: EncodedRuntime): Promise<RuntimeForms>;
  /** The market's events of one block's `System.Events`. */
  events(runtime: EncodedRuntime, bytes: Uint8Array): Promise<readonly RawEvent[]>;
  /** The market's calls of one extrinsic, also those inside of other calls. */
  calls(runtime: EncodedRuntime, extrinsicHex: string): Promise<readonly DirectCall[]>;
  close(): Promise<void>;
}
