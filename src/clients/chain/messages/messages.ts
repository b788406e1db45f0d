import { z } from 'zod';

const subscriptionId = z.union([z.string(), z.number()]);
const errorSchema = z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() });

/** What a node sends: an answer to a question, an item of a subscription, or (without an id) why it does not take a batch. */
const messageSchema = z.union([
  z.object({ method: z.string(), params: z.object({ subscription: subscriptionId, result: z.unknown() }) }),
  z.object({ id: z.number(), result: z.unknown().optional(), error: errorSchema.optional() }),
  z.object({ id: z.null(), error: errorSchema }),
]);

export type Message = z.infer<typeof messageSchema>;

/** One message, or those of a batch; undefined when anything in it has another shape. */
export function parsedMessages(text: string): { readonly isBatch: boolean; readonly messages: Message[] } | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const isBatch = Array.isArray(parsed);
  const messages: Message[] = [];
  for (const one of isBatch ? (parsed as unknown[]) : [parsed]) {
    const { data } = messageSchema.safeParse(one);
    if (data === undefined) return undefined;
    messages.push(data);
  }
  return messages.length === 0 ? undefined : { isBatch, messages };
}
