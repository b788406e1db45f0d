import { execFileSync } from 'node:child_process';
import { Command, InvalidArgumentError } from 'commander';
import { stopOnSignals } from '../../devnet/world/stop-on-signals.ts';
import { figureLines, grown } from './figures.ts';
import { Soak, type SoakResult } from './soak.ts';

interface Options {
  readonly minutes: number;
  readonly days?: number;
  readonly seed: number;
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('a number above 0 is needed.');
}

/** Prints everything there is to say; the result says whether all of it is as it should be. */
function judge({ samples, life, happenings, wrong }: SoakResult, days: number): boolean {
  console.log('');
  for (const line of figureLines(samples)) console.log(line);
  console.log('');
  console.log(
    `the world: ${Object.entries(life)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')}`,
  );
  for (const line of happenings.lines()) console.log(line);
  const failures = [...wrong, ...grown(samples), ...happenings.missing(days)];
  for (const failure of failures) console.log(`FAILED ${failure}`);
  return failures.length === 0;
}

async function soak({ minutes, days = minutes, seed }: Options): Promise<boolean> {
  // Here, and not by the script that starts this: a wrong option must not build `dist` anew under whoever uses it.
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  const startedMs = performance.now();
  console.log(`${days} days in ${minutes} minutes, seed ${seed}`);
  const opened = await Soak.open({ minutes, days, seed });
  stopOnSignals(async () => await opened.close());
  try {
    const isWell = judge(await opened.run((line) => console.log(line)), days);
    console.log(`${isWell ? 'ok' : 'FAILED'} after ${((performance.now() - startedMs) / 60_000).toFixed(1)} minutes`);
    return isWell;
  } finally {
    await opened.close();
  }
}

const program = new Command('npm run soak --')
  .description(
    'A month of the built bot against the devnet and real Kubo in half an hour: what it holds must not grow, and every file must be in its place.',
  )
  .option('--minutes <count>', 'how long it takes', positive, 30)
  .option('--days <count>', "of the bot's time; as many as minutes without it", positive)
  .option('--seed <number>', 'draws the orders', positive, 1)
  .action(async (options: Options) => {
    process.exitCode = (await soak(options)) ? 0 : 1;
  });

await program.parseAsync();
