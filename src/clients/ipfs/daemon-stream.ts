import { z } from 'zod';
import { printable } from '../../lib/printable.ts';
import { LineTooLong, textLines } from '../http/json-lines.ts';
import { bodyText, type Call, type CallLimits, type HttpService, type StreamedAnswer } from '../http/service.ts';

const errorLine = z.object({ Message: z.string(), Type: z.literal('error') });
const errorBody = z.object({ Message: z.string() });
// Set as an HTTP trailer by go-ipfs-cmds when a command fails after its first output.
const errorTrailer = 'x-stream-error';
const maxErrorBytes = 64 * 1024;

/** The daemon's answer was that the command failed; `text` is its reason. */
export class DaemonError extends Error {
  override readonly name = 'DaemonError';
  readonly text: string;
  readonly httpStatus: number;

  constructor(text: string, httpStatus: number) {
    super(printable(text, 300));
    this.text = text;
    this.httpStatus = httpStatus;
  }
}

/**
 * One command of the daemon that answers in JSON lines. Yields the parsed lines. Throws `DaemonError` for a failure however it is told: by
 * status, by an error line, or by a trailer behind an answer that began with 200; so an answer that ends without one is complete.
 */
export async function* daemonLines(
  service: HttpService,
  call: Call,
  limits: CallLimits & { readonly maxLineBytes: number },
): AsyncGenerator<unknown, void, undefined> {
  const answer = await service.stream(call, limits);
  if (answer.status !== 200) throw await statusError(service, call, answer);
  try {
    for await (const line of textLines(answer.chunks, limits.maxLineBytes)) {
      const value = service.json(call, line);
      const failure = failureOf(value);
      if (failure !== undefined) throw new DaemonError(service.hidden(call, failure), answer.status);
      yield value;
    }
  } catch (error) {
    if (error instanceof LineTooLong) throw service.badAnswer(call, error.message, {}, error);
    throw error;
  }
  const trailer = answer.trailers()[errorTrailer];
  if (trailer !== undefined && trailer !== '') throw new DaemonError(service.hidden(call, trailer), answer.status);
}

/** What an error line says; undefined for any other line, which most are: only what has a message is held against the schema. */
function failureOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('Message' in value)) return undefined;
  return errorLine.safeParse(value).data?.Message;
}

async function statusError(service: HttpService, call: Call, answer: StreamedAnswer): Promise<Error> {
  return refusedAnswer(service, call, answer.status, await bodyText(answer, maxErrorBytes));
}

/** What an answer other than 200 means: that the daemon cannot be reached, or its own refusal as a `DaemonError`. */
export function refusedAnswer(service: HttpService, call: Call, status: number, text: string): Error {
  if (status === 502 || status === 503 || status === 504) {
    return service.error(
      'IPFS_UNREACHABLE',
      call,
      `cannot be reached: HTTP ${String(status)} from what stands before it`,
    );
  }
  return new DaemonError(service.hidden(call, messageOf(text)), status);
}

function messageOf(text: string): string {
  try {
    const body = errorBody.safeParse(JSON.parse(text));
    return body.success ? body.data.Message : text;
  } catch {
    // Daemons answer some failures with plain text, which then is the message.
    return text;
  }
}
