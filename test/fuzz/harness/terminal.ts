import { PassThrough } from 'node:stream';
import { createLogger } from '../../../src/runtime/winston-logger.ts';
import type { LogContext, Logger } from '../../../src/runtime/log.ts';
import { Finding } from './finding.ts';
import { shown } from './shown.ts';

/** C0, DEL, C1, and what turns the direction of text. */
const obeyed = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** Throws for a text in which a terminal finds anything to obey; lines may end. */
export function mustBePlain(what: string, text: string): void {
  for (const line of text.split('\n')) {
    const found = obeyed.exec(line);
    if (found !== null) {
      throw new Finding(
        `${what} holds ${shown(found[0])}: ${shown(line.slice(Math.max(0, found.index - 60), found.index + 60))}`,
      );
    }
  }
}

/** Loggers as the bot has them, one a format, whose every line is judged. */
export class JudgedLog {
  readonly #streams = [new PassThrough(), new PassThrough()];
  readonly #loggers: readonly Logger[];

  constructor() {
    this.#loggers = (['human', 'json'] as const).map((format, index) =>
      createLogger(
        { format, colours: false, level: 'debug', moduleLevels: new Map(), secrets: [] },
        this.#streams[index],
      ),
    );
  }

  /** For work that logs by itself; `judge` afterwards. */
  get logger(): Logger {
    const all = this.#loggers;
    const both: Logger = {
      error: (message: string, context?: LogContext, error?: unknown) =>
        all.forEach((one) => one.error(message, context, error)),
      warn: (message: string, context?: LogContext, error?: unknown) =>
        all.forEach((one) => one.warn(message, context, error)),
      info: (message: string, context?: LogContext) => all.forEach((one) => one.info(message, context)),
      debug: (message: string, context?: LogContext) => all.forEach((one) => one.debug(message, context)),
      child: () => both,
    };
    return both;
  }

  /** Throws when a line written since the last time holds anything to obey, or when a call left more than one line. */
  judge(): void {
    this.#streams.forEach((stream, index) => {
      const bytes: unknown = stream.read();
      const text = bytes instanceof Buffer ? bytes.toString('utf8') : '';
      const lines = text.split('\n');
      lines.forEach((line, at) => {
        mustBePlain('a log line', line);
        const isStack = line.startsWith('    ') && at > 0;
        if (line !== '' && !isStack && !/^(?:\{|\d{4}-)/.test(line))
          throw new Finding(`a torn log line: ${shown(line.slice(0, 200))}`);
        if (index === 1 && line !== '') JSON.parse(line);
      });
    });
  }
}
