import { readFileSync } from 'node:fs';

const firstLine = /^#!\/usr\/bin\/env -S node ((?:--\S+ ?)+)\n/;

/** The options with which a script asks, in its first line, to be run by node. */
export function engineOptions(script: string): readonly string[] {
  const [, options] = firstLine.exec(readFileSync(script, 'utf8')) ?? [];
  if (options === undefined) throw new Error(`${script} has no options for node in its first line`);
  return options.trim().split(' ');
}

/**
 * Those of a script's options that its process was started without, by `node script` for one. Another value than the script's own is somebody's
 * choice. They cannot be set any more: V8 lays out its heap before the first line of a script runs.
 */
export function missingEngineOptions(
  script: string,
  {
    execArgv,
    env,
  }: { readonly execArgv: readonly string[]; readonly env: Readonly<Record<string, string | undefined>> },
): readonly string[] {
  const given = new Set([...execArgv, ...(env['NODE_OPTIONS'] ?? '').split(/\s+/u)].map(nameOf));
  return engineOptions(script).filter((option) => !given.has(nameOf(option)));
}

/** V8 takes its options with dashes and with underscores. */
function nameOf(option: string): string {
  return (option.split('=', 1)[0] ?? '').replaceAll('_', '-');
}
