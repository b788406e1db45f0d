import { z } from 'zod';

const subscriptionId = z.union([z.string(), z.number()]);

/** What a node sends: an answer to a question, or an item of a subscription. */
export const messageSchema = z.union([
  z.object({ method: z.string(), params: z.object({ subscription: subscriptionId, result: z.unknown() }) }),
  z.object({
    id: z.number(),
    result: z.unknown().optional(),
    error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }).optional(),
  }),
]);
