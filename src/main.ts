#!/usr/bin/env node
import { runCli } from './cli/cli.ts';
import { exitCodes } from './domain/errors.ts';
import { lastResort } from './runtime/last-resort.ts';

/** Docker kills 10 s after SIGTERM; what has not ended by then is given up a little earlier, with everything committed standing. */
const lastResortMs = 7_500;

const stop = new AbortController();

function exitSoon(afterMs: number): void {
  lastResort(afterMs, () => process.exit());
}

for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.once(name, () => {
    stop.abort();
    exitSoon(lastResortMs);
  });
}

for (const name of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(name, (error: unknown) => {
    process.stdout.write(
      `${JSON.stringify({ level: 'error', module: 'smanager', message: name, error: String(error), stack: error instanceof Error ? error.stack : undefined })}\n`,
    );
    process.exit(exitCodes.defect);
  });
}

process.exitCode = await runCli(process.argv, {
  env: process.env,
  workingDirectory: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stdout.isTTY,
  signal: stop.signal,
  endSoon: (exitCode) => {
    process.exitCode = exitCode;
    exitSoon(lastResortMs);
  },
});
// A socket that some library keeps open must not keep an ended bot alive.
exitSoon(500);
