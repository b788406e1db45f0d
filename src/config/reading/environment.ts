import type { ConfigIssue } from '../issues.ts';
import { devnetTimeVariables } from '../../domain/devnet.ts';
import type { KnownKey } from '../keys/known-keys.ts';
import { nearest } from './nearest.ts';
import { readValueFile } from './value-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** One key's value as the environment gives it. */
export interface EnvironmentValue {
  readonly path: string;
  readonly variable: string;
  readonly value: string | readonly string[];
}

export interface EnvironmentRead {
  readonly values: readonly EnvironmentValue[];
  /** Values that cannot be used. */
  readonly refused: readonly ConfigIssue[];
  readonly warnings: readonly ConfigIssue[];
}

const prefix = 'SMANAGER_';
const reserved: ReadonlySet<string> = new Set([
  'SMANAGER_CONFIG',
  'SMANAGER_ALLOW_ROOT',
  ...Object.values(devnetTimeVariables),
]);
const fileSuffix = '_FILE';

/**
 * The keys that the environment sets, by `SMANAGER_…` or by a file named in `SMANAGER_…_FILE`. An empty variable counts as not set: compose files
 * pass on variables that nobody gave.
 */
export async function readEnvironment(env: Environment, keys: readonly KnownKey[]): Promise<EnvironmentRead> {
  const values: EnvironmentValue[] = [];
  const refused: ConfigIssue[] = [];
  for (const key of keys) {
    const fileVariable = `${key.variable}${fileSuffix}`;
    const direct = given(env[key.variable]);
    const file = given(env[fileVariable]);
    if (direct !== undefined && file !== undefined) {
      refused.push(issue(key.variable, `set together with ${fileVariable}; allowed: one of the two`));
    } else if (direct !== undefined) {
      values.push({ path: key.path, variable: key.variable, value: asValue(key, direct) });
    } else if (file !== undefined) {
      const read = await readValueFile(file);
      if ('problem' in read) refused.push(issue(fileVariable, read.problem));
      else values.push({ path: key.path, variable: fileVariable, value: asValue(key, read.text) });
    }
  }
  refused.push(...contradictions(values));
  return { values, refused, warnings: unknownVariables(env, keys) };
}

function given(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === '' ? undefined : trimmed;
}

function asValue({ list, single }: KnownKey, text: string): string | readonly string[] {
  if (!list || (single && !/[,\n]/u.test(text))) return text;
  return text
    .split(/[,\n]/u)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** A key that is a name or a section cannot be given both ways. */
function contradictions(values: readonly EnvironmentValue[]): ConfigIssue[] {
  return values
    .filter(({ path }) => values.some((other) => other.path.startsWith(`${path}.`)))
    .map(({ variable }) =>
      issue(variable, 'set together with variables of single keys below it; allowed: one of the two'),
    );
}

function unknownVariables(env: Environment, keys: readonly KnownKey[]): ConfigIssue[] {
  const known = new Set(keys.flatMap(({ variable }) => [variable, `${variable}${fileSuffix}`]));
  return Object.keys(env)
    .filter((name) => name.startsWith(prefix) && !reserved.has(name) && !known.has(name))
    .sort()
    .map((name) => {
      const meant = nearest(name, [...known, ...reserved]);
      const hint = meant === undefined ? '' : `; ${meant} may be meant`;
      return { path: name, message: `not a variable of this program${hint}`, errorInCheck: true };
    });
}

function issue(path: string, message: string): ConfigIssue {
  return { path, message, errorInCheck: true };
}
