import { z } from 'zod';

import { namedAccount, parseAccount } from './accounts.ts';
import type { AccountId } from './accounts.ts';
import type { ChainModel } from './model.ts';
import { fileInfo, putFile, removeFile } from './model-files.ts';
import { reportWorks } from './model-nodes.ts';
import { addPrepaid, calculateReward, placeStorageOrder } from './runtime/call.ts';
import type { SpecVersion } from './runtime-version.ts';
import type { ChainServer } from './server.ts';

/** What the control API acts on. Without a server the node's switches are refused. */
export type ControlTarget = { readonly chain: ChainModel; readonly server?: ChainServer };

/** The request cannot be understood or done; `status` is the HTTP status. */
export class ControlError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ControlError';
    this.status = status;
  }
}

/** A size or an amount as a number or as decimal text, because pico-CRU go beyond what JSON numbers carry. */
const amount = z.union([z.int().nonnegative(), z.string().regex(/^\d+$/)]).transform(BigInt);
const account = z.string().transform((text, context) => {
  try {
    return parseAccount(text);
  } catch (error) {
    context.issues.push({ code: 'custom', input: text, message: `not an account: ${String(error)}` });
    return z.NEVER;
  }
});
const customer = account.default(namedAccount('customer'));
const order = z.strictObject({
  cid: z.string(),
  sizeBytes: amount,
  tipsPico: amount.optional(),
  memo: z.string().optional(),
});
const signedOrder = order.extend({ payer: customer });
const orders = z.strictObject({ orders: z.array(order), allOrNothing: z.boolean().default(false), payer: customer });
const file = z.strictObject({ cid: z.string() });
const reportedFiles = z.array(z.strictObject({ cid: z.string(), sizeBytes: amount })).default([]);
const faultKinds = ['drop', 'error', 'cut', 'null', 'half', 'delay-until-released'] as const;

/** Every action returns JSON-able data; calls take effect in the next block. */
const ACTIONS: Record<string, (target: ControlTarget, body: unknown) => unknown> = {
  order: ({ chain }, body) => {
    const { payer, ...asked } = signedOrder.parse(body);
    chain.submit(payer, placeStorageOrder(asked));
  },
  batch: ({ chain }, body) => {
    const { payer, allOrNothing, orders: asked } = orders.parse(body);
    chain.submit(payer, {
      kind: allOrNothing ? 'utility.batchAll' : 'utility.batch',
      calls: asked.map(placeStorageOrder),
    });
  },
  prepay: ({ chain }, body) => {
    const asked = file.extend({ amountPico: amount, payer: customer }).parse(body);
    chain.submit(asked.payer, addPrepaid(asked.cid, asked.amountPico));
  },
  /** Renews or closes an expired file. */
  settle: ({ chain }, body) => {
    const asked = file.extend({ caller: customer }).parse(body);
    chain.submit(asked.caller, calculateReward(asked.cid));
  },
  'put-file': ({ chain }, body) => {
    const asked = file.extend({ sizeBytes: amount, expiresAtBlock: z.int().optional() }).parse(body);
    putFile(chain, asked.cid, { sizeBytes: asked.sizeBytes, expiresAtBlock: asked.expiresAtBlock ?? 0 });
  },
  'remove-file': ({ chain }, body) => removeFile(chain, file.parse(body).cid),
  report: ({ chain }, body) => {
    const schema = z.strictObject({ account, added: reportedFiles, deleted: reportedFiles });
    reportWorks(chain, schema.parse(body));
  },
  advance: ({ chain }, body) => {
    const { blocks } = z.strictObject({ blocks: z.int().min(1).max(1_000_000).default(1) }).parse(body);
    chain.advance(blocks);
  },
  spec: ({ chain }, body) => {
    const { specVersion } = z.strictObject({ specVersion: z.union([z.literal(22), z.literal(25)]) }).parse(body);
    chain.setSpecVersion(specVersion satisfies SpecVersion);
  },
  node: (target, body) => {
    const schema = z.strictObject({
      isSyncing: z.boolean().optional(),
      skipHeads: z.int().nonnegative().optional(),
      blocksBehind: z.int().nonnegative().optional(),
      finalityBehind: z.int().nonnegative().optional(),
      isFinalityPaused: z.boolean().optional(),
    });
    const { isFinalityPaused = target.chain.isFinalityPaused, ...settings } = schema.parse(body);
    target.chain.isFinalityPaused = isFinalityPaused;
    Object.assign(serverOf(target).rpc.node, settings);
  },
  /** Every call of the method fails so until told otherwise; without a kind all faults end. */
  fault: (target, body) => {
    const schema = z.strictObject({ method: z.string().optional(), kind: z.enum(faultKinds).optional() });
    const { method, kind } = schema.parse(body);
    const server = serverOf(target);
    server.faults = kind === undefined ? undefined : (asked) => (asked === (method ?? asked) ? kind : undefined);
    server.release();
  },
  cut: (target) => serverOf(target).closeAll(),
};

/** The actions by name, in the order they are documented. */
export const CONTROL_ACTIONS: readonly string[] = Object.keys(ACTIONS);

/** Does a named action. Throws ControlError for an unknown one, ZodError for a body it does not understand. */
export function control(target: ControlTarget, action: string, body: unknown): unknown {
  const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (run === undefined)
    throw new ControlError(404, `unknown action "${action}"; known: ${CONTROL_ACTIONS.join(', ')}`);
  run(target, body);
  return status(target);
}

/** Where the chain stands. */
export function status({ chain, server }: ControlTarget) {
  return {
    headBlock: chain.head.number,
    finalizedBlock: chain.finalized.number,
    genesisHash: chain.history.at(0)?.hash,
    specVersion: chain.specVersion,
    url: server?.url,
  };
}

/** An entry of FilesV2 in a form that JSON carries, null when there is none. */
export function fileStatus({ chain }: ControlTarget, cid: string) {
  const info = fileInfo(chain, cid);
  if (info === undefined) return null;
  const { sizeBytes, amountPico, prepaidPico, expiresAtBlock, calculatedAtBlock, replicas } = info;
  const owners: AccountId[] = replicas.map(({ owner }) => owner);
  return {
    sizeBytes: String(sizeBytes),
    amountPico: String(amountPico),
    prepaidPico: String(prepaidPico),
    expiresAtBlock,
    calculatedAtBlock,
    owners,
  };
}

function serverOf({ server }: ControlTarget): ChainServer {
  if (server === undefined) throw new ControlError(409, 'this chain has no server');
  return server;
}
