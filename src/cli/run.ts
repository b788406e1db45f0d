import { runBot } from '../app.ts';
import { secretsOf } from '../config/secrets-of.ts';
import { SmError, exitCodes, tooManyOpenFiles } from '../domain/errors.ts';
import { isOutOfFiles } from '../lib/open-files.ts';
import { readDevnetTime } from '../runtime/devnet-clock.ts';
import { FootLine } from '../runtime/foot-line.ts';
import { createLogger, readLogSettings } from '../runtime/winston-logger.ts';
import { configured } from './configured.ts';
import type { Invocation } from './invocation.ts';

/** `smanager run`: the bot, until it is told to stop. @returns the exit code of the process */
export async function run(invocation: Invocation): Promise<number> {
  const { config, warnings } = await configured(invocation);
  const devnetTime = readDevnetTime(invocation.env);
  const { settings, unknown } = readLogSettings(invocation.env, invocation.isTerminal, secretsOf(config));
  // A line that is held at the foot of a terminal is written by the same hand as the log, or they would tear each other.
  const foot = invocation.isTerminal && settings.format === 'human' ? new FootLine(invocation.stdout) : undefined;
  const showProgress = foot && ((line: string): void => foot.show(line));
  const logger = createLogger(settings, foot ?? invocation.stdout);
  const missing = invocation.missingEngineOptions;
  if (missing.length > 0) {
    const hint = 'start dist/src/main.js itself, or give them to node: without them a walk takes up to 340 MiB';
    logger.warn('Started without the options of its first line', { options: missing.join(' '), hint });
  }
  for (const issue of warnings) logger.warn('Configuration', { key: issue.path, issue: issue.message });
  for (const word of unknown) logger.warn('A word in the log settings is not known', { word });
  const told = new Set<unknown>();
  const tell = (thrown: unknown): number => {
    const error = isOutOfFiles(thrown) ? tooManyOpenFiles(thrown) : thrown;
    const code = error instanceof SmError ? exitCodes[error.destiny] : exitCodes.defect;
    if (!told.has(thrown)) {
      logger.error('The bot ends', { exitCode: code, ...(error instanceof SmError ? error.data : {}) }, error);
    }
    told.add(thrown);
    return code;
  };
  try {
    const onFailure = (error: unknown): void => invocation.endSoon(tell(error));
    await runBot({ config, logger, signal: invocation.signal, devnetTime, onFailure, showProgress });
    logger.info('Stopped on request');
    return exitCodes.stopped;
  } catch (error) {
    return tell(error);
  }
}
