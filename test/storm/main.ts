import { mkdtempSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { MINUTE_MS } from '../../src/domain/units.ts';
import { actsFileText } from './acts-file.ts';
import { runTasks } from './pool.ts';
import type { Result } from './storm-child.ts';
import { type Options as TaskOptions, tasksOf } from './tasks.ts';
import { judgedFromHistories, Totals } from './totals.ts';

interface Options extends TaskOptions {
  /** So many histories are told at once, each by a process of its own. */
  readonly processes: number;
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('a whole number above 0 is needed.');
}

/** Where it was written, to be told again by `--acts`. */
function writeActs({ outcome: { seed, broken }, shortest = [] }: Result): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'smanager-storm-')), `${seed}.json`);
  writeFileSync(file, actsFileText({ seed, found: broken?.invariants ?? [], acts: shortest }));
  return file;
}

function tellFailure(result: Result): void {
  const { outcome, shortest } = result;
  const { seed, broken } = outcome;
  console.log(`\nFAILED seed ${seed}, after act ${broken?.afterAct ?? 0}:`);
  for (const line of broken?.invariants ?? []) console.log(`  ${line}`);
  console.log(`  shortest history found, ${shortest?.length ?? 0} of ${(broken?.afterAct ?? 0) + 1} acts:`);
  for (const act of shortest ?? []) console.log(`    ${JSON.stringify(act)}`);
  console.log(`  told again by npm run storm -- --acts ${writeActs(result)}`);
}

/** Tells the histories of so many seeds; the result says whether everything held and enough happened. */
async function storm(options: Options): Promise<boolean> {
  const startedMs = performance.now();
  const totals = new Totals();
  const failed: number[] = [];
  await runTasks(
    tasksOf(options, () => performance.now()),
    Math.min(options.seeds ?? Infinity, options.processes),
    (result) => {
      const { seed, digest, counts, broken } = result.outcome;
      console.log(
        `seed ${seed} ${digest.slice(0, 16)} ${counts['pulls'] ?? 0} pulls, ${broken === undefined ? 'ok' : 'FAILED'}`,
      );
      totals.add(result.outcome);
      if (result.outcome.broken === undefined) return;
      failed.push(result.outcome.seed);
      tellFailure(result);
    },
  );
  const minutes = (performance.now() - startedMs) / MINUTE_MS;
  for (const line of totals.lines()) console.log(line);
  const notJudged = totals.notJudged();
  if (notJudged !== undefined) console.log(notJudged);
  const missing = notJudged === undefined ? totals.missing() : [];
  for (const line of missing) console.log(`MISSING ${line}`);
  console.log(
    `\n${totals.histories} histories of three days in ${minutes.toFixed(1)} minutes (${Math.round(totals.histories / minutes)} a minute), ${failed.length} failed${failed.length === 0 ? '' : `: seeds ${failed.join(', ')}`}`,
  );
  return failed.length === 0 && missing.length === 0;
}

const program = new Command('npm run storm --')
  .description(
    'The whole bot through seeded histories of three days in which everything may fail, checked all the while.',
  )
  .option('--seeds <count>', `how many histories; ${judgedFromHistories} without --minutes`, positive)
  .option('--from <seed>', 'the first seed', positive, 1)
  .option('--minutes <count>', 'begin no history after so many minutes', positive)
  .option('--acts <file>', 'tell the acts of this file, as a failure writes them, instead of those of seeds')
  .option('--processes <count>', 'so many histories at once', positive, availableParallelism())
  .option('--shrink-seconds <count>', 'cut a history that failed down for at most so long', positive, 60)
  .action(async (options: Options) => {
    process.exitCode = (await storm(options)) ? 0 : 1;
  });

await program.parseAsync();
