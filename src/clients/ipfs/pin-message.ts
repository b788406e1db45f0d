import { printable } from '../../lib/printable.ts';
import type { PinRefusal } from './ipfs.ts';

// The Crust-patched daemon's own words. It drops the body of sWorker's refusals, so only a 200 with a code other than 0 tells the code.
const sealResponse = /Seal response error code is: (?<code>\d+)/iu;
const sealStage = /(?<stage>Start Seal|End Seal|Seal) error code is: (?<status>\d+)/iu;
// Go's HTTP client names method and address of a request that failed on the way.
const sworkerCall = /Post "?\S*\/storage\/(?:seal_start|seal_end|seal)\b/iu;
const notFetched =
  /not found|could not find|no link named|failed to (?:fetch|get|resolve)|context deadline exceeded|no providers/iu;
// A stopping Kubo cancels the pin, or takes the block exchange away under it: `pin: promise channel was closed`.
const stopping =
  /context canceled|shutting down|promise channel was closed|(?:blockservice|exchange|session|datastore|leveldb|repo|pinner)\b.{0,20}\bclosed/iu;

/** The reason a daemon gives for having given up a pin: which of its calls to sWorker failed, and how. */
export function readRefusal(text: string): PinRefusal {
  const message = printable(text, 300);
  const refused = { kind: 'refused', message } as const;
  const code = sealResponse.exec(text)?.groups?.['code'];
  if (code !== undefined) return { ...refused, stage: 'start-seal', code: Number(code) };
  const { stage, status } = sealStage.exec(text)?.groups ?? {};
  if (stage !== undefined && status !== undefined) {
    return { ...refused, stage: stageOf(stage), httpStatus: Number(status) };
  }
  if (sworkerCall.test(text)) return { ...refused, stage: 'sworker-away' };
  return { ...refused, stage: notFetched.test(text) ? 'resolve' : 'other' };
}

/** The daemon cancels its running pins when it stops: that says nothing about the file. */
export function isStopping(text: string): boolean {
  return stopping.test(text);
}

function stageOf(words: string): 'start-seal' | 'seal' | 'end-seal' {
  if (/^start/iu.test(words)) return 'start-seal';
  return /^end/iu.test(words) ? 'end-seal' : 'seal';
}
