import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { SeededRandom } from '../../devnet/chain/seeded-random.ts';
import { stopOnSignals } from '../../devnet/world/stop-on-signals.ts';
import { MINUTE_MS } from '../../src/domain/units.ts';
import { type Arena, openArena } from './arena.ts';
import { live } from './life.ts';
import { planKills, type PlannedKill } from './plan.ts';
import { comeToRest } from './rest.ts';
import { beginStory } from './stage.ts';
import { Totals } from './totals.ts';

interface Options {
  readonly count: number;
  readonly seed: number;
}

const defaultKills = 40;

function whole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('a whole number above 0 is needed.');
}

const inWords = ({ aim, isOld, count, delayMs }: PlannedKill): string =>
  `${aim}${isOld ? ' of the old database' : ''}, sign ${count}, ${delayMs} ms later`;

/** Kills by the plan until the end or the first defect: everything after that would be judged by what it left. */
async function killAll(arena: Arena, plans: readonly PlannedKill[], totals: Totals): Promise<readonly string[]> {
  for (const [index, plan] of plans.entries()) {
    const outcome = await live(arena, plan);
    totals.add(outcome);
    console.log(`${index + 1} ${inWords(plan)}: ${outcome.counted}, ${outcome.seconds.toFixed(1)} s`);
    if (outcome.defects.length > 0) return outcome.defects;
  }
  return [];
}

/** The result says whether everything held and every phase was met. */
async function kills(arena: Arena, { count, seed }: Options): Promise<boolean> {
  const startedMs = performance.now();
  const totals = new Totals();
  beginStory(arena);
  const ofLives = await killAll(arena, planKills(new SeededRandom(seed), count), totals);
  const defects = ofLives.length > 0 ? ofLives : await comeToRest(arena);
  const missing = totals.missing();
  for (const line of totals.lines()) console.log(line);
  for (const defect of defects) console.log(`DEFECT ${defect}`);
  for (const phase of missing) console.log(`MISSING no kill fell into ${phase}`);
  const minutes = (performance.now() - startedMs) / MINUTE_MS;
  console.log(`${totals.kills} kills in ${minutes.toFixed(1)} minutes, seed ${seed}, ${defects.length} defects`);
  if (defects.length > 0) await keepEvidence(arena, seed);
  return defects.length === 0 && missing.length === 0;
}

async function keepEvidence({ home }: Arena, seed: number): Promise<void> {
  const folder = join(tmpdir(), `smanager-kills-${seed}-${Date.now()}`);
  await cp(home.dataDir, folder, { recursive: true });
  console.log(`the bot's folder is kept as ${folder}; its last words:`);
  console.log(home.lastWords);
}

async function main(options: Options): Promise<void> {
  console.log(`seed ${options.seed}, ${options.count} kills`);
  const arena = await openArena(options.seed);
  stopOnSignals(async () => await arena.close());
  try {
    process.exitCode = (await kills(arena, options)) ? 0 : 1;
  } finally {
    await arena.close();
  }
}

const program = new Command('npm run kills --')
  .description('The built bot beside a real IPFS daemon, killed at random moments of each phase of its work.')
  .option('--count <kills>', 'how many kills', whole, defaultKills)
  .option('--seed <seed>', 'draws what each kill waits for', whole, 1 + (Date.now() % 1_000_000))
  .action(main);

await program.parseAsync();
