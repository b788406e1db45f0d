import { z } from 'zod';
import { type Account, findAccount } from '../../domain/account.ts';
import { canNameOrder, maxTypedCidBytes } from '../../domain/order.ts';

import { EndPoint, type Protocol } from '../end-point.ts';

/*
 * The kinds of values a key can have. Every error text of a leaf is what is allowed there, so that a refusal can say it; what was found is added
 * where the refusal is written. Numbers and switches are understood as text too: installers and environments write them so.
 */

const numberText = '^\\s*-?\\d+(?:\\.\\d+)?\\s*$';

export interface NumberRange {
  readonly min: number;
  readonly max?: number;
  readonly whole?: boolean;
}

export function numberLeaf({ min, max, whole = false }: NumberRange): z.ZodType<number, number | string> {
  const kind = whole ? 'a whole number' : 'a number';
  const allowed =
    max === undefined ? `${kind} from ${String(min)} on` : `${kind} from ${String(min)} to ${String(max)}`;
  const error = { error: allowed };
  const bare = z.number(error);
  const bounded = bare.min(min, error).max(max ?? Number.MAX_SAFE_INTEGER, error);
  const checked = whole ? bounded.multipleOf(1, error) : bounded;
  return z
    .union(
      [max === undefined ? bare.min(min, error) : bounded, z.string(error).regex(new RegExp(numberText, 'u'), error)],
      error,
    )
    .transform(Number)
    .pipe(checked);
}

export function switchLeaf(): z.ZodType<boolean, boolean | 'true' | 'false'> {
  const error = { error: 'true or false' };
  return z
    .union([z.boolean(error), z.enum(['true', 'false'], error)], error)
    .transform((value) => String(value) === 'true');
}

/** One of a few words. */
export function choiceLeaf<Word extends string>(words: readonly [Word, ...Word[]]): z.ZodType<Word, Word> {
  return z.enum(words, { error: words.join(' or ') });
}

/** Text with something in it; spaces around it are dropped. */
export function textLeaf(allowed: string, pattern = /\S/u): z.ZodType<string, string> {
  const error = { error: allowed };
  return z
    .string(error)
    .regex(pattern, error)
    .transform((text) => text.trim());
}

/** The same of at most so many bytes. */
export function shortTextLeaf(what: string, maxBytes: number): z.ZodType<string, string> {
  const allowed = `${what} of at most ${maxBytes} bytes`;
  return textLeaf(allowed).refine((text) => Buffer.byteLength(text) <= maxBytes, { error: allowed });
}

/** The text of an order: a CID as it was typed, or its substitute. */
export function cidLeaf(): z.ZodType<string, string> {
  const allowed = `a CID of at most ${maxTypedCidBytes} characters`;
  return textLeaf(allowed).refine(canNameOrder, { error: allowed });
}

export function endPointLeaf(allowed: string, protocols: readonly Protocol[]): z.ZodType<EndPoint, string> {
  const pattern = new RegExp(`^\\s*(?:${protocols.join('|')})//`, 'iu');
  return z
    .string({ error: allowed })
    .regex(pattern, { error: allowed, abort: true })
    .transform((text, context) => {
      const endPoint = EndPoint.parse(text, protocols);
      if (endPoint !== undefined) return endPoint;
      context.addIssue(allowed);
      return z.NEVER;
    });
}

export function accountLeaf(allowed: string): z.ZodType<Account, string> {
  return z.string({ error: allowed }).transform((text, context) => {
    const account = findAccount(text);
    if (account !== undefined) return account;
    context.addIssue(
      text.trim() === 'crustaccount'
        ? `${allowed}; this is the example's placeholder, put your own account in its place`
        : `${allowed}, copied completely (its checksum is checked)`,
    );
    return z.NEVER;
  });
}

/** A list of leaves; empty by default. */
export function listLeaf<Output>(leaf: z.ZodType<Output, string>, allowed: string): z.ZodType<Output[], string[]> {
  return z.array(leaf, { error: allowed });
}
