import { bytesAt, compactLength, compactWidth, type Layout, sequence } from './layout.ts';
import { Unplannable } from './layout-of.ts';

/** A market call, as far as it hints at anything. The bytes are those of the extrinsic. */
export type DirectCall =
  | { readonly kind: 'order'; readonly cid: Uint8Array; readonly memo: Uint8Array }
  | { readonly kind: 'replicas'; readonly cids: readonly Uint8Array[] };

/** Adds the calls whose arguments begin at `at`; returns where these end, or -1 when they are no such arguments. */
export type TakeCall = (bytes: Uint8Array, at: number, calls: DirectCall[]) => number;

/** @throws Unplannable when the arguments named are no bytes */
export function takeOrder(args: readonly Layout[], cidAt: number, memoAt: number): TakeCall {
  if (args[cidAt]?.form.is !== 'byteString' || args[memoAt]?.form.is !== 'byteString')
    throw new Unplannable('an order of another shape');
  return (bytes, start, calls) => {
    const fields: (Uint8Array | undefined)[] = [];
    let at = start;
    for (const arg of args) {
      const end = arg.skip(bytes, at);
      if (end < 0) return -1;
      fields.push(bytesAt(arg, bytes, at, end));
      at = end;
    }
    const [cid, memo] = [fields[cidAt], fields[memoAt]];
    if (cid === undefined || memo === undefined) return -1;
    calls.push({ kind: 'order', cid, memo });
    return at;
  };
}

/** The first argument is a list of (cid, size, changes). @throws Unplannable when it is not */
export function takeReplicas([files, ...rest]: readonly Layout[]): TakeCall {
  const item = files?.form.is === 'list' ? files.form.item : undefined;
  const cid = item?.form.is === 'sequence' ? item.form.parts[0] : undefined;
  if (item === undefined || cid?.form.is !== 'byteString') throw new Unplannable('reports of another shape');
  const behind = sequence(rest);
  return (bytes, start, calls) => {
    const count = compactLength(bytes, start);
    if (count < 0) return -1;
    const cids: Uint8Array[] = [];
    let at = start + compactWidth(bytes, start);
    for (let index = 0; index < count; index += 1) {
      const end = item.skip(bytes, at);
      if (end < 0) return -1;
      const content = bytesAt(cid, bytes, at, cid.skip(bytes, at));
      if (content !== undefined) cids.push(content);
      at = end;
    }
    calls.push({ kind: 'replicas', cids });
    return behind.skip(bytes, at);
  };
}
