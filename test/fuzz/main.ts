import { Command, InvalidArgumentError } from 'commander';
import { Supervisor } from './harness/supervisor.ts';
import type { Failure } from './harness/target.ts';
import { targets } from './targets.ts';

interface Options {
  readonly seconds: number;
  readonly seed: number;
  readonly target: string | undefined;
  readonly path: string | undefined;
}

const seeds = 2 ** 30;

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError('a whole number is wanted');
}

function knownTarget(text: string): string {
  if (targets.some(({ name }) => name === text)) return text;
  throw new InvalidArgumentError(`one of ${targets.map(({ name }) => name).join(', ')} is wanted`);
}

function tell(name: string, { reason, input, seed, path }: Failure): void {
  console.log(`  ${reason.replace(/[^\x20-\x7e\n]/g, '?')}`);
  console.log(`  input: ${input}`);
  console.log(`  again: npm run fuzz -- --target ${name} --seed ${seed}${path === '' ? '' : ` --path ${path}`}`);
}

const { seconds, seed, target, path } = new Command('fuzz')
  .description('Gives every reader of outside bytes hostile input until the time is over; fails when one finds a way.')
  .option('--seconds <n>', 'for all targets together', wholeNumber, 60)
  .option('--seed <s>', 'of the first inputs; another one each time without it', wholeNumber)
  .option('--target <name>', `only ${targets.map(({ name }) => name).join(', ')}`, knownTarget)
  .option('--path <p>', 'one input that failed, with its target and seed')
  .parse()
  .opts<Partial<Options> & Pick<Options, 'seconds'>>();

const first = seed ?? Math.floor(Math.random() * seeds);
const chosen = targets.filter(({ name }) => target === undefined || name === target);
const supervisor = new Supervisor();
console.log(`seed ${first}, ${seconds} s`);
for (const one of chosen) {
  const limitMs = (seconds * 1000) / chosen.length;
  const { runs, failure } = await supervisor.check(one, { seed: first, limitMs, path });
  const verdict = failure !== undefined ? 'FAILED' : runs === 0 ? 'NOTHING JUDGED' : 'ok';
  console.log(`${one.name.padEnd(16)} ${String(runs).padStart(8)} inputs  ${verdict}`);
  if (failure !== undefined) tell(one.name, failure);
  if (verdict !== 'ok') process.exitCode = 1;
}
supervisor.close();
