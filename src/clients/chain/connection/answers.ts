import { z } from 'zod';
import { SmError } from '../../../domain/errors.ts';
import { jsonOrNothing, startOf } from '../../../lib/printable.ts';

/** A hash as nodes print it. */
export const hashSchema = z.string().regex(/^0x[0-9a-f]{64}$/);
export const hexSchema = z.string().regex(/^0x(?:[0-9a-f]{2})*$/);

export const headerSchema = z.object({
  number: z
    .string()
    .regex(/^0x[0-9a-f]{1,8}$/)
    .transform((hex) => Number.parseInt(hex, 16)),
  parentHash: hashSchema,
});

export const runtimeVersionSchema = z.object({ specName: z.string(), specVersion: z.int().nonnegative() });

export const healthSchema = z.object({
  isSyncing: z.boolean(),
  peers: z.int().nonnegative(),
  shouldHavePeers: z.boolean(),
});

/** An answer checked against its shape; `CHAIN_BAD_ANSWER` names the end point, the field and what came. */
export function checked<T>(schema: z.ZodType<T>, endPoint: string, method: string, answer: unknown): T {
  const outcome = schema.safeParse(answer);
  if (outcome.success) return outcome.data;
  const path = outcome.error.issues[0]?.path ?? [];
  let came: unknown = answer;
  for (const step of path) came = isRecord(came) ? came[String(step)] : undefined;
  throw badAnswer(endPoint, method, path.length === 0 ? 'result' : path.map(String).join('.'), came);
}

export function badAnswer(endPoint: string, method: string, field: string, came: unknown): SmError {
  return new SmError('CHAIN_BAD_ANSWER', 'The chain node answered in a wrong shape', {
    endPoint,
    method,
    field,
    came: shortened(came),
  });
}

/** What came, short enough for a log line. */
export function shortened(came: unknown): string {
  const text = typeof came === 'string' ? came : jsonOrNothing(came);
  return text.length <= 120 ? text : `${startOf(text, 120)}… (${text.length} characters)`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
