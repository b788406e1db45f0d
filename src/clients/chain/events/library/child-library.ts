import { type ChildProcess, fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import omitBy from 'lodash/omitBy.js';
import type { Clock } from '../../../../runtime/clock.ts';
import type { Logger } from '../../../../runtime/log.ts';
import { isAbort, SmError, tooManyOpenFiles } from '../../../../domain/errors.ts';
import { SECOND_MS } from '../../../../domain/units.ts';
import { isOutOfFiles } from '../../../../lib/open-files.ts';
import type { RawEvent } from '../plan/event-plan.ts';
import type { RuntimeForms } from '../plan/form.ts';
import type { DirectCall } from '../plan/market-calls.ts';
import type { DecodingLibrary, EncodedRuntime } from './decoding-library.ts';
import { type ChildAnswer, type ChildQuestion, type Question, valueOf } from './child-messages.ts';
import { ErrorOutput } from './error-output.ts';

/** Forms are asked for once a runtime: the process is of no more use. */
const keptAfterFormsMs = SECOND_MS;
/** Whoever asked about a block will ask about the next of its kind: the process costs half a second to start. */
const keptAfterBlocksMs = 60 * SECOND_MS;
/** A block takes it milliseconds, the metadata of a runtime half a second. */
const longestAnswerMs = 60 * SECOND_MS;
/**
 * Twice what a runtime's metadata needs with all its documentation, and enough for 5,000 events of a block and 3,000 calls of an extrinsic. What a node
 * makes up takes no more than 50 MiB beyond what it takes to decode a real answer: then the process ends.
 */
const mostHeapMib = 56;
/** Of each half of what is new, which the above does not count; the engine would take four times as much, and more memory for every answer. */
const mostNewHeapMib = 4;

/** The process as it is used here. */
export interface LibraryChild {
  /** Undefined of a process that never was: there may be neither streams nor a channel, and `error` tells why a turn later. */
  readonly pid?: number | undefined;
  /** Null when the process has none. */
  readonly stderr: Readable | null;
  send(question: ChildQuestion): unknown;
  kill(signal: 'SIGKILL'): unknown;
  on(event: 'message', heard: (answer: ChildAnswer) => void): unknown;
  on(event: 'error', heard: (error: Error) => void): unknown;
  on(event: 'exit', heard: (code: number | null, signal: string | null) => void): unknown;
  /** After its end, when everything it wrote was read. */
  on(event: 'close', heard: () => void): unknown;
}

/** Why a question ends without an answer, by what was to be decoded. */
type Loss = (field: string) => Error;

interface Waiting {
  readonly field: string;
  readonly resolve: (answer: ChildAnswer) => void;
  readonly reject: (error: Error) => void;
}

const fields: Readonly<Record<Question['method'], string>> = {
  forms: 'metadata',
  events: 'System.Events',
  calls: 'extrinsic',
};

/**
 * The library in a process of its own: when that is lost, a question ends with `DECODER_LOST`, and the next one starts another. What was being decoded may
 * be why: then the error names its field, and not when there was no process at all. It is there only while it is asked: with it goes all the memory that the library took. A thread would leave some 12 MiB behind, in pieces between what
 * others hold.
 */
export class ChildLibrary implements DecodingLibrary {
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #logger: Pick<Logger, 'warn'>;
  readonly #start: () => LibraryChild;
  readonly #waiting = new Map<number, Waiting>();
  #child: LibraryChild | undefined;
  #rest = new AbortController();
  #lastId = 0;
  #closed = false;

  constructor(
    clock: Pick<Clock, 'sleep'>,
    logger: Pick<Logger, 'warn'>,
    start: () => LibraryChild = () => startChild(),
  ) {
    this.#clock = clock;
    this.#logger = logger;
    this.#start = start;
  }

  async forms(runtime: EncodedRuntime): Promise<RuntimeForms> {
    return (await this.#ask({ method: 'forms', args: [runtime] }, keptAfterFormsMs)) as RuntimeForms;
  }

  async events(runtime: EncodedRuntime, bytes: Uint8Array): Promise<readonly RawEvent[]> {
    return (await this.#ask({ method: 'events', args: [runtime, bytes] }, keptAfterBlocksMs)) as readonly RawEvent[];
  }

  async calls(runtime: EncodedRuntime, extrinsicHex: string): Promise<readonly DirectCall[]> {
    const question = { method: 'calls', args: [runtime, extrinsicHex] } as const;
    return (await this.#ask(question, keptAfterBlocksMs)) as readonly DirectCall[];
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#end(closed);
  }

  async #ask(question: Question, keptMs: number): Promise<unknown> {
    if (this.#closed) throw closed();
    const child = (this.#child ??= this.#begin());
    this.#lastId += 1;
    const id = this.#lastId;
    // With every question anew: it is the whole time without an answer that counts.
    void this.#endAfter(longestAnswerMs, `no answer for ${longestAnswerMs / SECOND_MS} s`);
    try {
      const answer = await new Promise<ChildAnswer>((resolve, reject) => {
        this.#waiting.set(id, { field: fields[question.method], resolve, reject });
        if (child.pid !== undefined) child.send({ id, question });
      });
      return valueOf(answer);
    } finally {
      this.#waiting.delete(id);
      if (this.#waiting.size === 0 && this.#child === child) void this.#endAfter(keptMs, 'it is not needed any more');
    }
  }

  #begin(): LibraryChild {
    const child = this.#started();
    const lose = (loss: Loss): void => {
      if (this.#child === child) this.#end(loss);
    };
    child.on('error', (cause) => {
      lose(() => (isOutOfFiles(cause) ? tooManyOpenFiles(cause) : lost(cause.message, {}, cause)));
    });
    if (child.pid === undefined) return child;
    this.#listenTo(child);
    child.on('message', (answer) => this.#waiting.get(answer.id)?.resolve(answer));
    child.on('exit', (code, signal) => lose((field) => lost(`it ended by itself, by ${code ?? signal}`, { field })));
    return child;
  }

  /** The process decodes what strangers wrote, and writes of it as it likes: one line of the log tells it, at its end. */
  #listenTo(child: LibraryChild): void {
    if (child.stderr === null) return;
    const output = new ErrorOutput(child.stderr);
    child.on('close', () => {
      const { text, writtenBytes } = output;
      if (writtenBytes > 0) this.#logger.warn('The decoding process wrote to its error output', { text, writtenBytes });
    });
  }

  #started(): LibraryChild {
    try {
      return this.#start();
    } catch (error) {
      throw lost('it could not be started', {}, error);
    }
  }

  async #endAfter(afterMs: number, problem: string): Promise<void> {
    this.#rest.abort();
    this.#rest = new AbortController();
    try {
      await this.#clock.sleep(afterMs, this.#rest.signal);
    } catch (error) {
      if (isAbort(error)) return;
      throw error;
    }
    this.#end((field) => lost(problem, { field }));
  }

  #end(loss: Loss): void {
    const child = this.#child;
    this.#child = undefined;
    this.#rest.abort();
    for (const { field, reject } of this.#waiting.values()) reject(loss(field));
    if (child?.pid !== undefined) child.kill('SIGKILL');
  }
}

function closed(): Error {
  return new Error('the decoding library is closed');
}

/** What the machine did to the process says nothing about the chain, and ending the bot for it would cost its pulls: it is an outage. */
function lost(problem: string, decoding: { readonly field?: string }, cause?: unknown): SmError {
  const message = `the process that decodes the chain's types is lost: ${problem}`;
  return new SmError('DECODER_LOST', message, { problem, ...decoding }, cause);
}

/** @param loader what the engine needs to run `module`: nothing for a built program */
export function startChild(
  module: URL = new URL('./library-child.js', import.meta.url),
  loader: readonly string[] = [],
): ChildProcess {
  return fork(fileURLToPath(module), {
    execArgv: [...loader, `--max-old-space-size=${mostHeapMib}`, `--max-semi-space-size=${mostNewHeapMib}`],
    // It decodes what strangers wrote: no token given by the environment is within its reach.
    env: omitBy(process.env, (_, name) => name.startsWith('SMANAGER_')),
    // Only log lines belong on stdout and stderr: the library writes about types it does not know, in the node's own words.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
}
