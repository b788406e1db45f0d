import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { documentedMetadataHex } from '../../../devnet/chain/metadata.ts';
import { ChildLibrary, startChild } from '../../../src/clients/chain/events/library/child-library.ts';
import type { EncodedRuntime } from '../../../src/clients/chain/events/library/decoding-library.ts';
import { maxMetadataDigits, plannedRuntime } from '../../../src/clients/chain/events/runtimes.ts';
import { decodedLater } from '../../../src/clients/chain/scale/undecodable.ts';
import { MIB } from '../../../src/domain/units.ts';
import { type Clock, SystemClock } from '../../../src/runtime/clock.ts';
import { Finding } from '../harness/finding.ts';
import { outcomeOf } from '../harness/judge.ts';
import { maxGrowthBytes } from '../harness/memory.ts';
import { changed, changes } from '../harness/mutation.ts';
import { PeakWatch } from '../harness/peak-watch.ts';
import { type Target, target } from '../harness/target.ts';

const at = { number: 7, hash: `0x${'5a'.repeat(32)}` };
const child = new URL('../../../src/clients/chain/events/library/library-child.ts', import.meta.url);
/** The process runs from its source. */
const loader = ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];
const system = new SystemClock();
/** The minute after which a silent process is given up lasts so many seconds here. */
const quick: Pick<Clock, 'sleep'> = {
  sleep: async (durationMs, signal) => await system.sleep(durationMs / 10, signal),
};
/** With as many bytes of documentation as a real one has. */
const whole = Buffer.from(documentedMetadataHex(25, ['x'.repeat(250)]).slice(2), 'hex');
let version = 100;
let watched = watchedLibrary();
let wholePeakBytes: Promise<number> | undefined;

function watchedLibrary(): { readonly library: ChildLibrary; readonly peak: PeakWatch } {
  const peak = new PeakWatch();
  const start = (): ChildProcess => peak.watch(startChild(child, loader));
  return { peak, library: new ChildLibrary(quick, { warn: () => undefined }, start) };
}

function encodedOf(bytes: Uint8Array): EncodedRuntime {
  version += 1;
  return { specName: 'crust', specVersion: version, metadata: `0x${Buffer.from(bytes).toString('hex')}` };
}

/** What whole metadata takes in a process that has decoded nothing else. */
async function peakOfWhole(): Promise<number> {
  await watched.library.forms(encodedOf(whole));
  return watched.peak.peakBytes;
}

export interface BlownUp {
  readonly metadataVersion: number;
  readonly part: Uint8Array;
}

/** Metadata that claims to have as many parts as the library takes, and repeats one of them until it is as long as it may be. */
export function blown({ metadataVersion, part }: BlownUp): Buffer {
  const head = Buffer.from([...Buffer.from('meta'), metadataVersion, 0xfe, 0xff, 0x03, 0x00]);
  return Buffer.concat([head, Buffer.alloc(maxMetadataDigits / 2 - head.length, part)]);
}

/** Throws what is wrong with how the process decodes these bytes. */
export async function judgeMetadata(bytes: Uint8Array): Promise<void> {
  wholePeakBytes ??= peakOfWhole();
  const mostPeakBytes = (await wholePeakBytes) + maxGrowthBytes;
  const { library, peak } = watched;
  const outcome = await outcomeOf(
    async () => await decodedLater('ws://node', at, async () => await plannedRuntime(library, encodedOf(bytes))),
  );
  const isSlow = String(outcome.error?.data['problem']).startsWith('no answer');
  if (whole.equals(bytes) && outcome.error !== undefined && !isSlow)
    throw new Finding(`whole metadata is refused: ${outcome.error.message}`);
  if (peak.peakBytes <= mostPeakBytes) return;
  // Another process for the next: a peak stays one.
  watched = watchedLibrary();
  await library.close();
  const mib = (peakBytes: number): number => Math.round(peakBytes / MIB);
  throw new Finding(`decoding took ${mib(peak.peakBytes)} MiB, at most ${mib(mostPeakBytes)} are allowed`);
}

const damaged = fc.record({ changes, hasHead: fc.boolean() });
const blownUp: fc.Arbitrary<BlownUp> = fc.record({
  metadataVersion: fc.integer({ min: 9, max: 16 }),
  part: fc.uint8Array({ minLength: 1, maxLength: 12 }),
});

/** A runtime's metadata, taken apart in the process that the bot keeps for it. */
export const metadata: Target = target({
  name: 'metadata',
  maxRunMs: 15_000,
  unitRuns: 8,
  inputs: fc.oneof({ arbitrary: damaged, weight: 3 }, { arbitrary: blownUp, weight: 1 }),
  judge: async (input) => {
    if ('part' in input) return await judgeMetadata(blown(input));
    const { changes: list, hasHead } = input;
    // Most changes behind the magic number and the version, which hide all others.
    const bytes = hasHead
      ? Buffer.concat([whole.subarray(0, 5), changed(whole.subarray(5), list)])
      : changed(whole, list);
    return await judgeMetadata(bytes);
  },
  close: async () => await watched.library.close(),
});
