import { openClients } from '../app.ts';
import { listIssues } from '../config/lists.ts';
import { secretsOf } from '../config/secrets-of.ts';
import { exitCodes } from '../domain/errors.ts';
import { printable } from '../lib/printable.ts';
import { createLogger, readLogSettings } from '../runtime/winston-logger.ts';
import type { CheckLine } from './check-line.ts';
import { checkLines } from './check-lines.ts';
import { configured } from './configured.ts';
import { type Invocation, print } from './invocation.ts';

const limitMs = 15_000;

function text(line: CheckLine): string {
  const mark = { ok: 'ok     ', warning: 'WARNING', wrong: 'WRONG  ' }[line.state];
  return `${mark} ${line.subject.padEnd(13)} ${printable(line.message)}${line.advice === undefined ? '' : `\n${' '.repeat(22)}→ ${line.advice}`}`;
}

/**
 * `smanager check`: one line for each part, with what is wrong and what to do. Unknown keys and other warnings that could be mistakes are
 * errors here.
 * @returns 0 when all is well, 1 when something is wrong, 78 for the configuration
 */
export async function check(invocation: Invocation): Promise<number> {
  const { config, warnings, filePath } = await configured(invocation);
  print(invocation, text({ subject: 'configuration', state: 'ok', message: filePath ?? 'from the environment alone' }));
  const { allow, deny } = config.scheduler;
  const issues = [...warnings, ...(await listIssues(allow)), ...(await listIssues(deny))];
  for (const issue of issues) {
    print(
      invocation,
      text({
        subject: 'configuration',
        state: issue.errorInCheck ? 'wrong' : 'warning',
        message: `${issue.path}: ${issue.message}`,
      }),
    );
  }
  let wrong = false;
  const { settings } = readLogSettings({ LOG_LEVEL: 'error' }, false, secretsOf(config));
  const clients = openClients(config, createLogger(settings, invocation.stderr), null);
  try {
    for await (const line of checkLines(config, clients, limitMs, invocation.signal)) {
      wrong ||= line.state === 'wrong';
      print(invocation, text(line));
    }
    // What was not looked at is not well.
    invocation.signal.throwIfAborted();
  } finally {
    await clients.close();
  }
  if (issues.some((issue) => issue.errorInCheck)) return exitCodes.configuration;
  return wrong ? exitCodes.defect : exitCodes.stopped;
}
