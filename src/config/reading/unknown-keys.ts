import isPlainObject from 'lodash/isPlainObject.js';
import { printable } from '../../lib/printable.ts';
import { type ConfigIssue, mostIssues } from '../issues.ts';
import type { KnownKeys } from '../keys/known-keys.ts';
import { nearest } from './nearest.ts';

/** Keys of a file that no one reads, each with the known key that may be meant. Their values are not shown: one may be a misspelt token. */
export function unknownKeys(file: unknown, known: KnownKeys): ConfigIssue[] {
  const paths = unknownPaths(file, '', known.paths);
  const told = paths.slice(0, mostIssues).map((path) => {
    const meant = nearest(path, known.paths);
    const hint = meant === undefined ? '' : `; ${meant} may be meant`;
    return { path: printable(path, 120), message: `not a known key, it has no effect${hint}`, errorInCheck: true };
  });
  const more = paths.length - told.length;
  if (more === 0) return told;
  return [...told, { path: '(whole file)', message: `${more} more keys are not known`, errorInCheck: true }];
}

function unknownPaths(value: unknown, prefix: string, known: ReadonlySet<string>): string[] {
  if (!isPlainObject(value)) return [];
  return Object.entries(value as object).flatMap(([key, below]) => {
    const path = `${prefix}${key}`;
    return known.has(path) ? unknownPaths(below, `${path}.`, known) : [path];
  });
}
