import type { Ask, BlockRef } from '../ask.ts';
import { blockAt } from '../blocks/block-hashes.ts';
import { runtimeVersionSchema } from '../connection/answers.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import type { RuntimeVersion } from './runtimes.ts';
import { VersionSpans } from './version-spans.ts';

/** How far ahead a catch-up looks for an upgrade before it asks again. */
const STRIDE = 255;

export interface ExecutingRuntime {
  readonly version: RuntimeVersion;
  /** A block in whose state this runtime stands. */
  readonly at: BlockRef;
}

/**
 * Which runtime executed a block: the one in the state of its parent. An upgrade written in a block takes effect with the next one, so the block's
 * own state may already carry a runtime that did not write its events.
 */
export class ExecutingVersions {
  readonly #spans = new VersionSpans();

  async of(connection: ChainConnection, block: BlockRef, ask: Ask): Promise<ExecutingRuntime> {
    const parent = await blockAt(connection, Math.max(0, block.number - 1), ask);
    const known = this.#spans.find(parent.number);
    if (known !== undefined) return { version: known, at: parent };
    const version = await versionAt(connection, parent, ask);
    this.#spans.add(parent.number, parent.number, version);
    await this.#lookAhead(connection, parent.number, version, ask);
    return { version, at: parent };
  }

  /** Finds up to where the version stays, so that the blocks of a catch-up need no question each. A version never comes back within a stride. */
  async #lookAhead(connection: ChainConnection, from: number, version: RuntimeVersion, ask: Ask): Promise<void> {
    let same = from;
    let other = Math.min(from + STRIDE, connection.finalizedNumber) + 1;
    let probe = other - 1;
    while (same + 1 < other) {
      const found = await versionAt(connection, await blockAt(connection, probe, ask), ask);
      if (found.specVersion === version.specVersion) same = probe;
      else other = probe;
      probe = Math.floor((same + other) / 2);
    }
    this.#spans.add(from, same, version);
  }
}

async function versionAt(connection: ChainConnection, at: BlockRef, ask: Ask): Promise<RuntimeVersion> {
  return connection.requestAt(runtimeVersionSchema, 'state_getRuntimeVersion', [at.hash], at, ask);
}
