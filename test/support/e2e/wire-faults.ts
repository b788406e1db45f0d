import type { Toxic } from '../toxiproxy.ts';
import type { FarEnds } from './far-ends.ts';
import type { WiredPart, Wires } from './wires.ts';

/** What a fault is done to. */
interface WirePlace {
  readonly wires: Wires;
  readonly ends: FarEnds;
}

export type WireFault = (place: WirePlace, part: WiredPart) => Promise<void>;

const toxics =
  (...all: readonly Toxic[]): WireFault =>
  async ({ wires }, part) => {
    for (const toxic of all) await wires.link(part).add(toxic);
  };

/** Bytes after which a connection ends: in the middle of the first frame with an answer, or of the first answer's body; of sWorker's about a file too, which is the shortest. */
const cutAfterBytes: Readonly<Record<WiredPart, number>> = { chain: 200, sWorker: 230, IPFS: 440 };

/**
 * Every fault of the matrix, by name. The time by which the bot limits answers passes ten times as fast as the machine's at most: for it a ms is ten here,
 * and 50 bytes a second are 5.
 */
export const wireFaults = {
  'latency with jitter': toxics(
    { type: 'latency', stream: 'upstream', attributes: { latency: 40, jitter: 30 } },
    { type: 'latency', stream: 'downstream', attributes: { latency: 60, jitter: 50 } },
  ),
  // The far end is gone at once, and nobody hears of it for longer than any question waits.
  'slow close': async (place, part) => {
    await place.wires.link(part).add({ type: 'slow_close', stream: 'downstream', attributes: { delay: 8000 } });
    place.ends.hangsUp = part;
  },
  reset: toxics({ type: 'reset_peer', stream: 'downstream', attributes: { timeout: 0 } }),
  'half-open': toxics(
    { type: 'timeout', stream: 'upstream', attributes: { timeout: 0 } },
    { type: 'timeout', stream: 'downstream', attributes: { timeout: 0 } },
  ),
  'a few bytes a second': toxics({
    type: 'slicer',
    stream: 'downstream',
    attributes: { average_size: 5, size_variation: 2, delay: 100_000 },
  }),
  'cut in the middle': async ({ wires }, part) => {
    const attributes = { bytes: cutAfterBytes[part] };
    await wires.link(part).add({ type: 'limit_data', stream: 'downstream', attributes });
  },
  'name that does not resolve': async ({ wires }, part) => await wires.loseName(part),
  refused: async ({ wires }, part) => await wires.link(part).refuse(),
} as const satisfies Readonly<Record<string, WireFault>>;

export type WireFaultName = keyof typeof wireFaults;
