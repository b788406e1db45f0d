import { Command, CommanderError } from 'commander';
import { SmError, exitCodes, isAbort } from '../domain/errors.ts';
import { printable } from '../lib/printable.ts';
import { programVersion } from '../runtime/version.ts';
import { backup } from './backup.ts';
import { check } from './check.ts';
import { approveCleanups, cleanup } from './cleanup.ts';
import { explain } from './explain.ts';
import { integrity } from './integrity.ts';
import type { Invocation } from './invocation.ts';
import { reconcile } from './reconcile.ts';
import { restore } from './restore.ts';
import { run } from './run.ts';
import { status } from './status.ts';

const helpFooter = `
Configuration: smanager-config.json in the working directory, or the file that SMANAGER_CONFIG names; every key also by SMANAGER_ variables.
Exit codes: 0 done or stopped on request, 1 a defect (check: something is wrong) or a command that was stopped, 75 restart me, 78 configuration or database refused.`;

const nodeAndScript = 2;

/**
 * Runs the command that `argv` (node, script, words…) names.
 * @returns the exit code of the process
 */
export async function runCli(argv: readonly string[], invocation: Invocation): Promise<number> {
  let code: number = exitCodes.stopped;
  const set = async (work: Promise<number>): Promise<void> => {
    code = await work;
  };
  const program = new Command('smanager')
    .description(
      'Storage manager for a Crust Network node: takes storage orders, pulls and seals their files, and lets go of what closed.',
    )
    .version(programVersion(), '--version', 'print the version')
    .configureOutput({
      writeOut: (text) => invocation.stdout.write(text),
      writeErr: (text) => invocation.stderr.write(text),
    })
    .exitOverride()
    .addHelpText('after', helpFooter);
  program
    .command('run')
    .description('run the bot until it is told to stop; what smanager does without a command')
    .action(async () => await set(run(invocation)));
  program
    .command('check')
    .description(
      'look at configuration, chain, account, group, sWorker, IPFS and disk, and say what is wrong and what to do',
    )
    .action(async () => await set(check(invocation)));
  program
    .command('status')
    .description('what the database says, also while the bot runs')
    .option('--json', 'one JSON object')
    .option(
      '--alive',
      'exit 0 only when a bot wrote its state within the last three minutes, else 1 (78 without a database)',
    )
    .action(async (options: { json?: boolean; alive?: boolean }) => await set(status(invocation, options)));
  program
    .command('explain')
    .argument('<cid>', 'the order, as it is written on chain')
    .description('why an order was taken or not, and what would have to change')
    .option('--json', 'one JSON object')
    .action(async (cid: string, options: { json?: boolean }) => await set(explain(invocation, cid, options)));
  addCleanup(program, invocation, set);
  program
    .command('backup')
    .argument('[file]', 'where to; without it, a file in dataDir/backups')
    .description('make a checked copy of the database, also while the bot runs')
    .action(async (file: string | undefined) => await set(backup(invocation, file)));
  program
    .command('restore')
    .argument('<file>', 'a backup; it stays as it is')
    .description(
      'put a copy of a backup into the place of the database, which is kept beside it; the bot must be stopped',
    )
    .action(async (file: string) => await set(restore(invocation, file)));
  program
    .command('integrity')
    .description('look through the whole database, also while the bot runs: pages, indices, references, counts')
    .action(async () => await set(integrity(invocation)));
  program
    .command('reconcile')
    .description("hold orders, records, sWorker's files and IPFS pins against each other, also while the bot runs")
    .option('--json', 'one JSON object')
    .option('--apply', 'also do what is safe; without it nothing is changed')
    .action(async (options: { json?: boolean; apply?: boolean }) => await set(reconcile(invocation, options)));
  try {
    // Not commander's own default command: that one would take a mistyped command for an argument of `run`.
    await program.parseAsync(argv.length <= nodeAndScript ? [...argv, 'run'] : [...argv]);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.stopped : exitCodes.defect;
    if (isAbort(error) && invocation.signal.aborted) {
      invocation.stderr.write('Stopped before it was done.\n');
      return exitCodes.defect;
    }
    if (!(error instanceof SmError)) throw error;
    invocation.stderr.write(
      `${error.code}: ${error.message
        .split('\n')
        .map((line) => printable(line))
        .join('\n')}\n`,
    );
    return exitCodes[error.destiny];
  }
}

function addCleanup(program: Command, invocation: Invocation, set: (work: Promise<number>) => Promise<void>): void {
  const command = program
    .command('cleanup')
    .description('which files of closed orders wait to be deleted, and for what')
    .option('--json', 'one JSON object')
    .action(async (options: { json?: boolean }) => await set(cleanup(invocation, options)));
  command
    .command('approve')
    .description(
      'let those go that wait for a person: closes known only by absence from walks; later ones are not covered',
    )
    .action(async () => await set(approveCleanups(invocation, command.opts())));
}
