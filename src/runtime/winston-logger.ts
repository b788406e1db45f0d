import { inspect } from 'node:util';
import winston from 'winston';
import { SmError, isAbort } from '../domain/errors.ts';
import { printable, printableJson } from '../lib/printable.ts';
import type { LogContext, Logger } from './log.ts';
import { redactor } from './redactor.ts';

const levels = ['error', 'warn', 'info', 'debug'] as const;
type Level = (typeof levels)[number];
/** Who writes lines: the process, and a logger's child for each room. */
const modules: readonly string[] = [
  'smanager',
  'chain',
  'decide',
  'pull',
  'seal',
  'cleanup',
  'telemetry',
  'care',
  'store',
  'runtime',
];

export interface LogSettings {
  readonly format: 'human' | 'json';
  readonly colours: boolean;
  readonly level: Level;
  readonly moduleLevels: ReadonlyMap<string, Level>;
  /** Texts that no line may carry. */
  readonly secrets: readonly string[];
}

function isLevel(text: string): text is Level {
  return (levels as readonly string[]).includes(text);
}

/**
 * Reads `LOG_FORMAT` (`human` or `json`; human on a terminal without it) and `LOG_LEVEL` (`info`, or with levels by module `info,pull=debug`).
 * Words it does not know are left out and named in `unknown`.
 */
export function readLogSettings(
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
  secrets: readonly string[],
): { readonly settings: LogSettings; readonly unknown: readonly string[] } {
  const unknown: string[] = [];
  const moduleLevels = new Map<string, Level>();
  let level: Level = 'info';
  for (const word of (env['LOG_LEVEL'] ?? '').split(',').map((part) => part.trim())) {
    if (word === '') continue;
    const [module, moduleLevel] = word.split('=', 2);
    if (isLevel(word)) level = word;
    else if (modules.includes(module ?? '') && moduleLevel !== undefined && isLevel(moduleLevel))
      moduleLevels.set(module ?? '', moduleLevel);
    else unknown.push(`LOG_LEVEL=${word}`);
  }
  const asked = env['LOG_FORMAT'];
  if (asked !== undefined && asked !== '' && asked !== 'human' && asked !== 'json') unknown.push(`LOG_FORMAT=${asked}`);
  const format = asked === 'human' || asked === 'json' ? asked : isTerminal ? 'human' : 'json';
  return {
    settings: { format, colours: isTerminal && env['NO_COLOR'] === undefined, level, moduleLevels, secrets },
    unknown,
  };
}

const colour: Readonly<Record<Level, string>> = {
  error: '\u001B[31m',
  warn: '\u001B[33m',
  info: '\u001B[32m',
  debug: '\u001B[90m',
};

interface Line {
  readonly level: Level;
  readonly message: string;
  readonly module: string;
  readonly context: LogContext;
}

function describeError(error: unknown): LogContext {
  if (error === undefined) return {};
  if (error instanceof SmError) return { error: error.message, code: error.code, cause: causeOf(error) };
  if (error instanceof Error) return { error: error.message, stack: error.stack };
  return { error: inspect(error) };
}

function causeOf(error: Error): string | undefined {
  return error.cause instanceof Error ? error.cause.message : undefined;
}

function toJson(line: Line): string {
  return printableJson({
    time: new Date().toISOString(),
    level: line.level,
    module: line.module,
    message: line.message,
    ...line.context,
  });
}

function toHuman(line: Line, colours: boolean): string {
  const pairs = Object.entries(line.context)
    .filter(([key, value]) => value !== undefined && value !== null && key !== 'stack')
    .map(([key, value]) => `${key}=${printable(String(value))}`);
  const level = line.level.toUpperCase().padEnd(5);
  const shownLevel = colours ? `${colour[line.level]}${level}\u001B[0m` : level;
  const stack = String(line.context['stack'] ?? '')
    .split('\n')
    .slice(1)
    .map((frame) => `\n    ${printable(frame.trim())}`);
  return (
    [new Date().toISOString(), shownLevel, line.module.padEnd(9), printable(line.message), ...pairs].join(' ') +
    stack.join('')
  );
}

class WinstonLogger implements Logger {
  readonly #sink: winston.Logger;
  readonly #settings: LogSettings;
  readonly #redact: (text: string) => string;
  readonly #module: string;

  constructor(sink: winston.Logger, settings: LogSettings, redact: (text: string) => string, module: string) {
    this.#sink = sink;
    this.#settings = settings;
    this.#redact = redact;
    this.#module = module;
  }

  error(message: string, context: LogContext = {}, error?: unknown): void {
    this.#write(isAbort(error) ? 'debug' : 'error', message, { ...context, ...describeError(error) });
  }

  warn(message: string, context: LogContext = {}, error?: unknown): void {
    this.#write(isAbort(error) ? 'debug' : 'warn', message, { ...context, ...describeError(error) });
  }

  info(message: string, context: LogContext = {}): void {
    this.#write('info', message, context);
  }

  debug(message: string, context: LogContext = {}): void {
    this.#write('debug', message, context);
  }

  child(module: string): Logger {
    return new WinstonLogger(this.#sink, this.#settings, this.#redact, module);
  }

  #write(level: Level, message: string, context: LogContext): void {
    const limit = this.#settings.moduleLevels.get(this.#module) ?? this.#settings.level;
    if (levels.indexOf(level) > levels.indexOf(limit)) return;
    const line: Line = { level, message, module: this.#module, context };
    this.#sink.log(
      level,
      this.#redact(this.#settings.format === 'json' ? toJson(line) : toHuman(line, this.#settings.colours)),
    );
  }
}

/** The bot's logger: one line an event, to `stream` (stdout) only. */
export function createLogger(settings: LogSettings, stream: NodeJS.WritableStream = process.stdout): Logger {
  const sink = winston.createLogger({
    level: 'debug',
    format: winston.format.printf((info) => String(info.message)),
    transports: [new winston.transports.Stream({ stream })],
  });
  return new WinstonLogger(sink, settings, redactor(settings.secrets), 'smanager');
}
