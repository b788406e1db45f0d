#!/usr/bin/env -S node --max-semi-space-size=16 --max-old-space-size=1024
import { fileURLToPath } from 'node:url';
import { exitCodes, hasCode, tooManyOpenFiles } from './domain/errors.ts';
import { canOpenFiles, isOutOfFiles } from './lib/open-files.ts';
import { eraseLine } from './runtime/foot-line.ts';
import { missingEngineOptions } from './runtime/engine-options.ts';
import { lastResort, lastResortCode } from './runtime/last-resort.ts';
import { processLine } from './runtime/last-words.ts';

/** Docker kills 10 s after SIGTERM; what has not ended by then is given up a little earlier, with everything committed standing. */
const lastResortMs = 7_500;

/** Whatever the process makes is for its own user alone, however it was started. */
process.umask(0o077);

const stop = new AbortController();

function exitSoon(afterMs: number): void {
  lastResort(afterMs, () => process.exit(process.exitCode ?? lastResortCode(process.argv)));
}

for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.once(name, () => {
    stop.abort();
    exitSoon(lastResortMs);
  });
}

let secrets: readonly string[] = [];

for (const name of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(name, (error: unknown) => {
    const told = isOutOfFiles(error) ? tooManyOpenFiles(error) : error;
    process.stdout.write(`${process.stdout.isTTY ? eraseLine : ''}${processLine('error', name, told, secrets)}`);
    process.exit(hasCode(told, 'TOO_MANY_OPEN_FILES') ? exitCodes.outage : exitCodes.defect);
  });
}

// The platform's own way of telling a warning knows no secrets.
process.removeAllListeners('warning');
process.on('warning', (warning) => process.stderr.write(processLine('warn', 'warning', warning, secrets)));

/** It takes up to 230 at once to load the program. With fewer the platform does not find some modules, and says that they are not there. */
const filesToStart = 400;
if (!canOpenFiles(filesToStart)) throw tooManyOpenFiles();

const { runCli } = await import('./cli/cli.ts');
process.exitCode = await runCli(process.argv, {
  env: process.env,
  workingDirectory: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stdout.isTTY,
  missingEngineOptions: missingEngineOptions(fileURLToPath(import.meta.url), process),
  keepSecret: (texts) => {
    secrets = texts;
  },
  signal: stop.signal,
  endSoon: (exitCode) => {
    process.exitCode = exitCode;
    exitSoon(lastResortMs);
  },
});
// A socket that some library keeps open must not keep an ended bot alive.
exitSoon(500);
