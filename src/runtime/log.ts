/** Flat context of a log line; never a secret. */
export type LogContext = Readonly<Record<string, string | number | boolean | null | undefined>>;

/**
 * A logger with a constant message and flat context. `error`: something is broken and a person should look; `warn`: something was not as
 * wished and the bot goes on; `info`: what an operator follows; `debug`: what a developer follows. Aborts are never logged as errors.
 */
export interface Logger {
  error(message: string, context?: LogContext, error?: unknown): void;
  warn(message: string, context?: LogContext, error?: unknown): void;
  info(message: string, context?: LogContext): void;
  debug(message: string, context?: LogContext): void;
  /** A logger whose lines carry `module`. */
  child(module: string): Logger;
}
