import type { PinAddOptions } from '../sealing/sealing-pinner.ts';
import { cidArguments, type RpcCall } from './rpc-http.ts';
import { type RpcStyle, styles } from './rpc-style.ts';

/** Calls back again and again until the returned function is called; the daemon does it every 500 ms. */
export type Ticker = (tick: () => void) => () => void;

export const everyHalfSecond: Ticker = (tick) => {
  const timer = setInterval(tick, 500);
  return () => clearInterval(timer);
};

export interface PinAddParts {
  readonly style: RpcStyle;
  readonly ticker: Ticker;
  readonly pinAdd: (cid: string, options: PinAddOptions) => Promise<void>;
}

/**
 * `pin/add` over HTTP. With `progress` a line is written at every tick, also when nothing came, and one at the end;
 * so an error after the first tick comes as a trailer behind a 200.
 */
export async function servePinAdd(call: RpcCall, parts: PinAddParts): Promise<void> {
  const cids = cidArguments(call.query);
  if (call.query.get('progress') !== 'true') {
    for (const cid of cids) await parts.pinAdd(cid, { signal: call.signal });
    call.reply.end({ Pins: cids });
    return;
  }
  const { progressLine } = styles[parts.style];
  let blocks = 0;
  let bytes = 0;
  const stop = parts.ticker(() => call.reply.emit(progressLine(blocks, bytes)));
  try {
    for (const cid of cids) {
      const before = { blocks, bytes };
      const onProgress = (newBlocks: number, newBytes: number) => {
        blocks = before.blocks + newBlocks;
        bytes = before.bytes + newBytes;
      };
      await parts.pinAdd(cid, { signal: call.signal, onProgress });
    }
  } finally {
    stop();
  }
  if (blocks > 0) call.reply.emit(progressLine(blocks, bytes));
  call.reply.emit({ Pins: cids });
  call.reply.end();
}
