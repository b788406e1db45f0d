import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { benches } from './benches.ts';
import { type Bench, type BenchSettings, isBelowFloor, isMet, refusalOf, type Scale } from './harness/bench.ts';
import { asJson, asText, budgetText, floorText } from './harness/print.ts';

interface Options {
  readonly orders?: number;
  readonly latency?: number;
  readonly runs?: number;
  readonly json?: boolean;
  readonly full?: boolean;
  readonly small?: boolean;
}

function positive(text: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('a whole number above 0 is needed.');
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (value >= 0 && value <= 10_000) return value;
  throw new InvalidArgumentError('milliseconds from 0 to 10000 are needed.');
}

/** Runs benches, one after the other; the result says whether all budgets were met. */
async function runBenches(chosen: readonly Bench[], options: Options): Promise<boolean> {
  const scale: Scale = options.small === true ? 'small' : options.full === true ? 'full' : 'normal';
  const cacheDir = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'smanager', 'bench');
  mkdirSync(cacheDir, { recursive: true });
  const control = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => control.abort(new Error(`stopped by ${name}`)));
  const settings: BenchSettings = {
    scale,
    orders: options.orders,
    latencyMs: options.latency,
    runs: options.runs,
    cacheDir,
    signal: control.signal,
    say: (line) => console.error(`  … ${line}`),
  };
  const missed: string[] = [];
  const belowFloor: string[] = [];
  const startedMs = performance.now();
  for (const bench of chosen) {
    const { name } = bench;
    if (options.json !== true) console.log(`\n# ${name}: ${bench.about}`);
    const benchStartedMs = performance.now();
    let lines = 0;
    await bench.run(settings, (figure) => {
      lines += 1;
      console.log(options.json === true ? asJson(figure, scale) : asText(figure, scale));
      const line = `${name}${figure.part === undefined ? '' : ` ${figure.part}`}`;
      for (const budget of figure.budgets) {
        if (isMet(budget, scale) === false) missed.push(`${line}: ${budgetText(budget)}`);
      }
      for (const floor of figure.limitFloor ?? []) {
        if (isBelowFloor(floor, scale) === true) belowFloor.push(`${line}: ${floorText(floor)}`);
      }
    });
    if (lines === 0) throw new Error(`the bench ${name} reported nothing`);
    if (options.json !== true) console.log(`  (${Math.round((performance.now() - benchStartedMs) / 1000)} s)`);
  }
  const log = options.json === true ? console.error : console.log;
  log(
    `\n${chosen.length} benches in ${Math.round((performance.now() - startedMs) / 1000)} s; ${missed.length} budgets missed`,
  );
  for (const line of missed) log(`  MISS ${line}`);
  for (const line of belowFloor) log(`  !!!  ${line}`);
  return missed.length === 0;
}

const program = new Command('npm run bench --')
  .description('Measures what must be fast against the limit of what carries it, in the same run.')
  .argument('[names...]', `any of: ${Object.keys(benches).join(', ')}; all when left out`)
  .option('--orders <count>', 'this many orders instead of the usual sizes', positive)
  .option('--latency <ms>', 'round trip to the chain instead of the usual ones', milliseconds)
  .option('--runs <count>', 'interleaved pairs of limit and bot', positive)
  .option('--json', 'one JSON object a line')
  .addOption(new Option('--full', 'five million orders too (at most 90 minutes)').conflicts(['small', 'orders']))
  .option('--small', 'a small run that checks what the benches count and judges no time')
  .action(async (names: string[], options: Options) => {
    const chosen: Bench[] = [];
    for (const name of names.length === 0 ? Object.keys(benches) : names) {
      const bench = await benches[name]?.();
      if (bench !== undefined) chosen.push(bench);
      else program.error(`there is no bench ${name}; there are: ${Object.keys(benches).join(', ')}`);
    }
    const given = (['orders', 'latency', 'runs'] as const).filter((option) => options[option] !== undefined);
    const refusal = refusalOf(chosen, given);
    if (refusal !== undefined) program.error(refusal);
    process.exitCode = (await runBenches(chosen, options)) ? 0 : 1;
  });

await program.parseAsync();
