import { printableJson } from '../lib/printable.ts';
import { redactor } from './redactor.ts';

/**
 * The line that a process leaves behind when it ends by an error that nobody caught: one JSON object, as the log writes them, without the secrets
 * known so far.
 */
export function lastWords(event: string, error: unknown, secrets: readonly string[]): string {
  const stack = error instanceof Error ? error.stack : undefined;
  const line = { level: 'error', module: 'smanager', message: event, error: String(error), stack };
  return `${redactor(secrets)(printableJson(line))}\n`;
}
