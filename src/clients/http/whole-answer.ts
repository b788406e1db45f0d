import type { Dispatcher } from 'undici';
import { abortError } from './abort.ts';
import type { WholeAnswer, WholeLimits } from './transport.ts';

type Handler = Required<
  Pick<
    Dispatcher.DispatchHandler,
    'onRequestStart' | 'onResponseStart' | 'onResponseData' | 'onResponseEnd' | 'onResponseError'
  >
>;

/** Sends a request and collects its answer without a stream. `signal` ends it at any moment. */
export async function dispatchWhole(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  limits: WholeLimits,
  signal: AbortSignal,
): Promise<WholeAnswer> {
  if (signal.aborted) throw abortError(signal);
  return await new Promise<WholeAnswer>((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let status = 0;
    let sizeBytes = 0;
    const parts: Uint8Array[] = [];
    const settle = (how: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      how();
    };
    const onAbort = (): void => {
      controller?.abort(abortError(signal));
      // Before the request has begun there is nothing to abort yet; it is aborted when it begins.
      settle(() => reject(abortError(signal)));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const handler: Handler = {
      onRequestStart: (started) => {
        controller = started;
        if (signal.aborted) started.abort(abortError(signal));
      },
      onResponseStart: (_, statusCode) => {
        // Another head follows one below 200.
        if (statusCode < 200) return;
        status = statusCode;
        limits.onHead();
      },
      onResponseData: (receiving, part) => {
        sizeBytes += part.byteLength;
        if (sizeBytes > limits.maxBytes) receiving.abort(limits.tooLong(sizeBytes));
        else parts.push(part);
      },
      onResponseEnd: () => settle(() => resolve({ status, bytes: Buffer.concat(parts) })),
      onResponseError: (_, error) => settle(() => reject(error)),
    };
    dispatcher.dispatch(options, handler);
  });
}
