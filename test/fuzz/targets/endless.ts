import * as fc from 'fast-check';
import { isAbort, SmError } from '../../../src/domain/errors.ts';
import { KIB, MIB } from '../../../src/domain/units.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { Answering } from '../harness/answering.ts';
import { httpCalls } from '../harness/http-calls.ts';
import { judgeError } from '../harness/judge.ts';
import { heldBytes, mustNotGrow } from '../harness/memory.ts';
import { type Target, target } from '../harness/target.ts';

const pieceBytes = 64 * KIB;
/** Behind so much an answer has shown what it does; then the call is aborted, as a stall would. */
const toldBytes = 96 * MIB;
const looks = 4;

const entry = '"QmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjNn":{"size":1,"s_size":2},';
const heads = ['', '{', '{"Pins":["', '{"valid":{"', '['];
const units = [
  ['{"Progress":1}\n', '{"Cid":"Qm","Type":"recursive"}\n', '{"Error":"no"}\n', entry],
  ['\n', ' ', 'a', '[', '{"a":', '"', '\\', '\u001b[31m', '\u0000', '\u00e9'],
].flat();
const clock = new SystemClock();

export interface EndlessAnswer {
  /** One of `httpCalls`. */
  readonly call: string;
  readonly status: number;
  readonly head: string;
  readonly unit: string;
}

/** Answers without an end: they are given up, or read on without taking room. */
export const endless: Target = target({
  name: 'endless',
  maxRunMs: 20_000,
  unitRuns: 10,
  inputs: fc.record({
    call: fc.constantFrom(...Object.keys(httpCalls)),
    status: fc.constantFrom(200, 200, 200, 500),
    head: fc.constantFrom(...heads),
    unit: fc.constantFrom(...units),
  }),
  judge: judgeEndless,
});

export async function judgeEndless({ call, status, head, unit }: EndlessAnswer): Promise<void> {
  const abort = new AbortController();
  const beforeBytes = heldBytes();
  const body = endlessly(
    Buffer.from(head + unit),
    Buffer.from(unit),
    abort,
    async () => await mustNotGrow(beforeBytes),
  );
  try {
    await httpCalls[call]?.({ transport: new Answering({ status, body }), clock, signal: abort.signal });
  } catch (error) {
    if (error instanceof SmError) judgeError(error);
    else if (!isAbort(error) || !abort.signal.aborted) throw error;
  }
  await mustNotGrow(beforeBytes);
}

async function* endlessly(
  head: Buffer,
  unit: Buffer,
  abort: AbortController,
  look: () => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const piece = Buffer.concat(Array.from({ length: Math.floor(pieceBytes / unit.length) }, () => unit));
  yield head;
  for (let told = 0; told < toldBytes; told += pieceBytes) {
    if (told % (toldBytes / looks) === 0) await look();
    yield piece;
  }
  await look();
  abort.abort();
  abort.signal.throwIfAborted();
}
