import { type ErrorCode, SmError } from '../domain/errors.ts';
import { printable } from '../lib/printable.ts';

/** Something about the configuration that a person should know. */
export interface ConfigIssue {
  /** The key's path, the name of an environment variable, or the file itself. */
  readonly path: string;
  /** What was found and what is allowed; never a secret. */
  readonly message: string;
  /** A warning when running that `smanager check` counts as an error. */
  readonly errorInCheck: boolean;
}

/** So many of one kind are told: a file that was not meant may give a million. */
export const mostIssues = 20;

/** The configuration cannot be used. `issues` are the reasons, each also a line of the message. */
export class ConfigError extends SmError {
  readonly issues: readonly ConfigIssue[];

  constructor(
    code: Extract<ErrorCode, 'CONFIG_INVALID' | 'CONFIG_UNREADABLE'>,
    summary: string,
    issues: readonly ConfigIssue[],
  ) {
    const lines = issues.map(({ path, message }) => `\n  ${printable(path)}: ${printable(message)}`);
    super(code, `${summary}${lines.join('')}`, { issues: issues.length, first: issues[0]?.path ?? null });
    this.issues = issues;
  }
}
