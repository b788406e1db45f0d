import path from 'node:path';
import isPlainObject from 'lodash/isPlainObject.js';
import set from 'lodash/set.js';
import { MIB } from '../domain/units.ts';
import { buildConfig } from './build-config.ts';
import type { Config } from './config.ts';
import { readBounded } from './reading/bounded-file.ts';
import { type Environment, type EnvironmentValue, readEnvironment } from './reading/environment.ts';
import { ConfigError, type ConfigIssue } from './issues.ts';
import { jsonErrorPosition } from './reading/json-text.ts';
import { knownKeys } from './keys/known-keys.ts';
import { refusals } from './reading/refusals.ts';
import { configSchema } from './keys/schema.ts';
import { unknownKeys } from './reading/unknown-keys.ts';

export interface LoadedConfig {
  readonly config: Config;
  /** To be logged once at start; `smanager check` fails on those with `errorInCheck`. */
  readonly warnings: readonly ConfigIssue[];
  /** Undefined when there is no file and the environment gives all that is needed. */
  readonly filePath: string | undefined;
}

export interface LoadConfigOptions {
  readonly env: Environment;
  /** Where the file is looked for, and what relative paths in it are relative to. */
  readonly workingDirectory: string;
}

const maxFileBytes = 2 * MIB;
const defaultFile = 'smanager-config.json';
const needed = ['chain', 'sworker', 'ipfs'] as const;

/**
 * Reads the file that `SMANAGER_CONFIG` names (or `smanager-config.json` in the working directory), lays the environment over it and checks it.
 * Throws a `ConfigError` with every reason at once: CONFIG_UNREADABLE for a file that is missing or no JSON, CONFIG_INVALID for its values.
 */
export async function loadConfig({ env, workingDirectory }: LoadConfigOptions): Promise<LoadedConfig> {
  const known = knownKeys();
  const environment = await readEnvironment(env, known.keys);
  const file = await readFileValue(env['SMANAGER_CONFIG'], workingDirectory, environment.values.length > 0);
  const unknown = unknownKeys(file.value, known);
  const value = overlaid(file.value, environment.values);
  const variables = new Map(environment.values.map(({ path: key, variable }) => [key, variable]));
  const result = configSchema.safeParse(value);
  const wrong = result.success ? [] : refusals(result.error, value, { known, variables, unknown });
  const issues = [...environment.refused, ...wrong];
  if (!result.success || issues.length > 0) {
    throw new ConfigError('CONFIG_INVALID', `The configuration ${file.path ?? 'in the environment'} is refused:`, [
      ...issues,
      ...unknown,
      ...environment.warnings,
    ]);
  }
  const { config, warnings } = buildConfig(result.data, workingDirectory);
  return { config, warnings: [...unknown, ...environment.warnings, ...warnings], filePath: file.path };
}

async function readFileValue(
  named: string | undefined,
  workingDirectory: string,
  optional: boolean,
): Promise<{ readonly path: string | undefined; readonly value: unknown }> {
  const filePath = path.resolve(
    workingDirectory,
    named === undefined || named.trim() === '' ? defaultFile : named.trim(),
  );
  const byDefault = named === undefined || named.trim() === '';
  let text: string;
  try {
    text = (await readBounded(filePath, maxFileBytes)).toString('utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    if (byDefault && optional && code === 'ENOENT') return { path: undefined, value: {} };
    const how = byDefault ? '; SMANAGER_CONFIG may name another file' : ', which SMANAGER_CONFIG names';
    throw unreadable(filePath, `cannot be read (${code})${how}`);
  }
  return { path: filePath, value: parsed(filePath, text.replace(/^\ufeff/u, '')) };
}

function parsed(filePath: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The platform's message quotes the text around the place, which may be a token: the place is told instead.
    const position = jsonErrorPosition(text);
    const where =
      position === undefined ? '' : `, from line ${String(position.line)}, column ${String(position.column)} on`;
    throw unreadable(
      filePath,
      `not JSON${where}; look for a missing or spare comma, quote or bracket there, or a comment`,
    );
  }
}

function unreadable(filePath: string, message: string): ConfigError {
  return new ConfigError('CONFIG_UNREADABLE', 'The configuration cannot be read:', [
    { path: filePath, message, errorInCheck: true },
  ]);
}

/** Lays the environment over the file's value, and adds an empty section for each needed one that is missing, so that its keys are named. */
function overlaid(file: unknown, values: readonly EnvironmentValue[]): unknown {
  if (!isPlainObject(file)) return file;
  const sections = file as Record<string, unknown>;
  for (const { path: key, value } of values) set(sections, key, value);
  for (const section of needed) sections[section] ??= {};
  return sections;
}
