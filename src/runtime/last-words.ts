import { inspect } from 'node:util';
import { printableJson } from '../lib/printable.ts';
import { redactor } from './redactor.ts';

/** What an error may bring along is a stranger's: a whole answer may stand in its message. */
const mostCharacters = 16_384;

/**
 * What the process itself has to say where no log can: the line that it leaves behind when it ends by an error that nobody caught, or a warning of
 * the platform. One JSON object as the log writes them, bounded, without the secrets known so far, and nothing in it that a terminal obeys.
 */
export function processLine(
  level: 'error' | 'warn',
  event: string,
  error: unknown,
  secrets: readonly string[],
): string {
  const redact = redactor(secrets);
  // Before it is cut: half a secret would not be known any more.
  const told = (text: string): string => redact(text).slice(0, mostCharacters);
  const line = {
    time: new Date().toISOString(),
    level,
    module: 'smanager',
    message: event,
    error: told(textOf(error)),
    stack: error instanceof Error && error.stack !== undefined ? told(error.stack) : undefined,
    cause: error instanceof Error && error.cause !== undefined ? told(textOf(error.cause)) : undefined,
  };
  return `${printableJson(line)}\n`;
}

function textOf(thrown: unknown): string {
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`;
  return typeof thrown === 'string' ? thrown : inspect(thrown);
}
