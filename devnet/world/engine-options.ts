import { readFileSync } from 'node:fs';

const firstLine = /^#!\/usr\/bin\/env -S node ((?:--\S+ ?)+)\n/;

/** The options with which a script asks, in its first line, to be run by node. */
export function engineOptions(script: string): readonly string[] {
  const [, options] = firstLine.exec(readFileSync(script, 'utf8')) ?? [];
  if (options === undefined) throw new Error(`${script} has no options for node in its first line`);
  return options.trim().split(' ');
}
