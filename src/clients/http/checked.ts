import get from 'lodash/get.js';
import type { z } from 'zod';
import { jsonOrNothing, printable } from '../../lib/printable.ts';

export const wholeAnswer = '(whole answer)';

/** The first place where an answer is not what its schema asks for. */
export interface Mismatch {
  /** Path inside the answer, `files.valid.num`; `(whole answer)` for the answer itself. */
  readonly field: string;
  readonly expected: string;
  /** What stood there, shortened. */
  readonly found: string;
}

export function mismatch(error: z.ZodError, value: unknown): Mismatch {
  const issue = error.issues[0];
  const path = issue === undefined ? [] : issue.path.map(String);
  const found: unknown = path.length === 0 ? value : get(value, path);
  return {
    field: path.length === 0 ? wholeAnswer : printable(path.join('.'), 80),
    expected: issue?.message ?? 'another shape',
    found: shown(found),
  };
}

/** A value of an answer in one short line. */
function shown(value: unknown): string {
  return printable(jsonOrNothing(value), 80);
}
