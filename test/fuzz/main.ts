import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { targets } from './targets.ts';
import type { Checked, Target } from './harness/target.ts';
import type { Message, Order } from './worker.ts';

interface Options {
  readonly seconds: number;
  readonly seed: number;
  readonly target: string | undefined;
  readonly path: string | undefined;
}

const maxSeed = 2 ** 31;

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('a whole number');
  return number;
}

const options = new Command('fuzz')
  .description('Gives every reader of outside bytes hostile input until the time is over.')
  .option('--seconds <n>', 'in all', wholeNumber, 60)
  .option('--seed <s>', 'of the inputs; another each time without it', wholeNumber, Math.floor(Math.random() * maxSeed))
  .option('--target <name>', `one of ${targets.map(({ name }) => name).join(', ')}`)
  .option('--path <p>', 'one input of a run before, with its seed and target')
  .parse()
  .opts<Options>();

const chosen = targets.filter(({ name }) => options.target === undefined || name === options.target);
if (chosen.length === 0) throw new Error(`no target ${String(options.target)}`);

let child: ChildProcess | undefined;

/** The reading process, started again after one that hung. */
function worker(): ChildProcess {
  child ??= fork(fileURLToPath(new URL('./worker.ts', import.meta.url)));
  return child;
}

async function check({ name, maxRunMs }: Target, limitMs: number): Promise<Checked> {
  const process = worker();
  let runs = 0;
  return await new Promise<Checked>((resolve) => {
    const lose = (reason: string): void => {
      settle();
      process.removeAllListeners();
      process.kill('SIGKILL');
      child = undefined;
      resolve({ runs, failure: { reason, input: 'replay it with --path', path: String(runs) } });
    };
    // Twice what one input may take, and the time of the worker's own start.
    const watched = (): NodeJS.Timeout => setTimeout(() => lose('it hangs'), 2 * maxRunMs + 30_000);
    let watch = watched();
    const settle = (): void => {
      clearTimeout(watch);
      process.off('message', hear);
      process.off('exit', end);
    };
    const hear = (message: Message): void => {
      clearTimeout(watch);
      watch = watched();
      if (message.kind === 'run') runs = message.run;
      else {
        settle();
        resolve(message.checked);
      }
    };
    const end = (code: number | null, signal: string | null): void => lose(`the process ended by ${String(code ?? signal)}`);
    process.on('message', hear);
    process.on('exit', end);
    const order: Order = { name, seed: options.seed, limitMs, path: options.path };
    process.send(order);
  });
}

console.log(`seed ${options.seed}`);
let failed = 0;
for (const target of chosen) {
  const { runs, failure } = await check(target, (options.seconds * 1000) / chosen.length);
  console.log(`${target.name.padEnd(16)} ${String(runs).padStart(8)} inputs  ${failure === undefined ? 'ok' : 'FAILED'}`);
  if (failure === undefined) continue;
  failed += 1;
  console.log(`  ${failure.reason.replace(/[^\x20-\x7e\n]/g, '?')}`);
  console.log(`  input: ${failure.input}`);
  console.log(`  again: npm run fuzz -- --target ${target.name} --seed ${options.seed} --path ${failure.path}`);
}
child?.kill();
process.exitCode = failed === 0 ? 0 : 1;
