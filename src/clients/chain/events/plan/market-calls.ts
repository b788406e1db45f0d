import type { CallForm } from './form.ts';
import { bytesAt, compactLength, compactWidth, type Layouts } from './layout.ts';

/** A market call, as far as it hints at anything. The bytes are those of the extrinsic. */
export type DirectCall =
  | { readonly kind: 'order'; readonly cid: Uint8Array; readonly memo: Uint8Array }
  | { readonly kind: 'replicas'; readonly cids: readonly Uint8Array[] };

/** Adds the calls whose arguments begin at `at`; returns where these end, or -1 when they are no such arguments. */
export type TakeCall = (bytes: Uint8Array, at: number, calls: DirectCall[]) => number;

export function takeOrder({ args, cidAt, memoAt }: CallForm & { readonly is: 'order' }, layouts: Layouts): TakeCall {
  const parts = args.map((arg) => layouts.of(arg));
  return (bytes, start, calls) => {
    const fields: (Uint8Array | undefined)[] = [];
    let at = start;
    for (const part of parts) {
      const end = part.skip(bytes, at);
      if (end < 0) return -1;
      fields.push(bytesAt(part, bytes, at, end));
      at = end;
    }
    const [cid, memo] = [fields[cidAt], fields[memoAt]];
    if (cid === undefined || memo === undefined) return -1;
    calls.push({ kind: 'order', cid, memo });
    return at;
  };
}

export function takeReplicas(form: CallForm & { readonly is: 'replicas' }, layouts: Layouts): TakeCall {
  const [item, cid] = [layouts.of(form.item), layouts.of(form.cid)];
  const behind = layouts.of({ is: 'sequence', parts: form.rest });
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
