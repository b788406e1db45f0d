import get from 'lodash/get.js';
import type { z } from 'zod';
import { printable } from '../../lib/printable.ts';
import { printableUrl } from '../end-point.ts';
import { type ConfigIssue, mostIssues } from '../issues.ts';
import type { KnownKeys } from '../keys/known-keys.ts';

type Path = readonly PropertyKey[];

/** Everything a person needs to mend a value: where it stands, what stands there, and what is allowed. */
export function refusals(
  error: z.ZodError,
  value: unknown,
  context: {
    readonly known: KnownKeys;
    readonly variables: ReadonlyMap<string, string>;
    readonly unknown: readonly ConfigIssue[];
  },
): ConfigIssue[] {
  const found = error.issues.flatMap((issue) => innermost(issue, []));
  const told = found.slice(0, mostIssues).map(({ path, allowed }) => {
    const name = path.map(String).join('.');
    const came: unknown = path.length === 0 ? value : get(value, path.map(String));
    const hidden = context.known.keys.some((key) => key.secret && `${key.path}.`.startsWith(`${name}.`));
    const what = came === undefined ? 'is missing' : `found ${hidden ? 'a value that is not shown' : shown(came)}`;
    const variable = context.variables.get(name);
    const source = variable === undefined ? '' : ` in ${variable}`;
    const meant =
      came === undefined
        ? context.unknown.find(({ message }) => message.includes(`; ${name} may be meant`))
        : undefined;
    const hint = meant === undefined ? '' : `; ${meant.path} is not a known key and may be it`;
    const message = `${what}${source}; allowed: ${allowed}${hint}`;
    return { path: name === '' ? '(whole file)' : printable(name, 120), message, errorInCheck: true };
  });
  const more = found.length - told.length;
  if (more === 0) return told;
  return [...told, { path: '(whole file)', message: `${more} more values are refused`, errorInCheck: true }];
}

/** A union that fails as a whole is told by the shape that came further, when one did. */
function innermost(issue: z.core.$ZodIssue, prefix: Path): { path: Path; allowed: string }[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'invalid_union') {
    const deeper = issue.errors.find((issues) => issues.some((inner) => inner.path.length > 0));
    if (deeper !== undefined) return deeper.flatMap((inner) => innermost(inner, path));
  }
  return [{ path, allowed: issue.message }];
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a section';
  return typeof value === 'string' ? printable(JSON.stringify(printableUrl(value)), 80) : printable(String(value), 80);
}
