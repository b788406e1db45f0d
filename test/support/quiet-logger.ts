import { inspect } from 'node:util';
import type { LogContext, Logger } from '../../src/runtime/log.ts';

export interface LoggedLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly message: string;
  readonly context: LogContext;
}

/** A logger that keeps its lines for a test to look at. */
export class RecordingLogger implements Logger {
  readonly lines: LoggedLine[] = [];
  #errors: unknown[] = [];
  #text = '';
  #inText = 0;

  /** All lines so far and everything of the errors behind them (stack, data, causes) as one text. */
  get text(): string {
    for (; this.#inText < this.lines.length; this.#inText += 1) this.#text += JSON.stringify(this.lines[this.#inText]);
    for (const error of this.#errors) this.#text += inspect(error, { depth: Infinity, maxStringLength: Infinity });
    this.#errors = [];
    return this.#text;
  }

  error(message: string, context: LogContext = {}, error?: unknown): void {
    this.lines.push({ level: 'error', message, context });
    if (error !== undefined) this.#errors.push(error);
  }

  warn(message: string, context: LogContext = {}, error?: unknown): void {
    this.lines.push({ level: 'warn', message, context });
    if (error !== undefined) this.#errors.push(error);
  }

  info(message: string, context: LogContext = {}): void {
    this.lines.push({ level: 'info', message, context });
  }

  debug(message: string, context: LogContext = {}): void {
    this.lines.push({ level: 'debug', message, context });
  }

  child(): Logger {
    return this;
  }
}
