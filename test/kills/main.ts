import { execFileSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { SeededRandom } from '../../devnet/chain/seeded-random.ts';
import { stopOnSignals } from '../../devnet/world/stop-on-signals.ts';
import { MINUTE_MS } from '../../src/domain/units.ts';
import { ReleaseStack } from '../../src/runtime/release-stack.ts';
import { type Arena, openArena } from './arena.ts';
import { live } from './life.ts';
import { planKills, planOneMore, type PlannedKill } from './plan.ts';
import { comeToRest } from './rest.ts';
import { beginStory } from './stage.ts';
import { Totals } from './totals.ts';

interface Options {
  readonly count: number;
  readonly seed: number;
}

const defaultKills = 40;
/**
 * Bots in worlds of their own, killed beside each other: a life waits more than it works, and there are two cores. The first deletes what has closed at
 * once, so that more deletions are met; the other one after twenty seconds, into which kills and re-orders fall.
 */
const graces = [0, 80];

/** What one of the worlds is for. */
interface Plan {
  readonly name: string;
  readonly seed: number;
  readonly graceBlocks: number;
  readonly kills: number;
}

function whole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('a whole number above 0 is needed.');
}

const inWords = ({ aim, isOld, count, delayMs }: PlannedKill): string =>
  `${aim}${isOld ? ' of the old database' : ''}, sign ${count}, ${delayMs} ms later`;

/** What came after a defect may only be what it left. */
const mostBrokenLives = 3;
/** Kills beyond the plan in each world, aimed at phases that none has fallen into. */
const mostMore = 6;

/** Kills by the plan until the end, or until several lives had defects. */
async function killAll(
  arena: Arena,
  name: string,
  plans: readonly PlannedKill[],
  totals: Totals,
): Promise<readonly string[]> {
  const defects: string[] = [];
  let broken = 0;
  for (const [index, plan] of plans.entries()) {
    const outcome = await live(arena, plan);
    totals.add(outcome);
    console.log(`${name}${index + 1} ${inWords(plan)}: ${outcome.counted}, ${outcome.seconds.toFixed(1)} s`);
    for (const defect of outcome.defects) console.log(`DEFECT ${name} ${defect}`);
    defects.push(...outcome.defects);
    if (outcome.defects.length > 0) broken += 1;
    if (broken === mostBrokenLives) break;
  }
  return defects;
}

/** The moment of a kill is the machine's: a phase that none fell into is aimed at some more times. */
async function meetMissing(
  arena: Arena,
  name: string,
  random: SeededRandom,
  totals: Totals,
): Promise<readonly string[]> {
  const defects: string[] = [];
  for (let more = 0; more < mostMore && defects.length === 0; more += 1) {
    const phase = totals.missing().find((one) => one !== 'migrate');
    const lacksGrace = totals.isWithoutGrace && arena.graceBlocks > 0;
    if (phase === undefined && !lacksGrace) break;
    defects.push(...(await killAll(arena, `${name}, one more: `, [planOneMore(phase ?? 'anywhere', random)], totals)));
  }
  return defects;
}

/** Everything in one arena; resolves with the defects found. */
async function inArena(
  { name, seed, graceBlocks, kills }: Plan,
  totals: Totals,
  releases: ReleaseStack,
): Promise<readonly string[]> {
  if (kills === 0) return [];
  const arena = await openArena(seed, graceBlocks);
  releases.add(async () => await arena.close());
  beginStory(arena);
  const random = new SeededRandom(seed);
  const planned = await killAll(arena, name, planKills(random, kills), totals);
  const ofLives = planned.length > 0 ? planned : await meetMissing(arena, name, random, totals);
  const atRest = await comeToRest(arena).catch((error: unknown) => [
    error instanceof Error ? error.message : String(error),
  ]);
  for (const defect of atRest) console.log(`DEFECT ${name} at rest: ${defect}`);
  const defects = [...ofLives, ...atRest];
  console.log(`${name} pins of sealed files that a kill took and the bot made again: ${arena.pins.madeAgain}`);
  if (defects.length > 0) await keepEvidence(arena, seed);
  return defects;
}

async function keepEvidence({ home }: Arena, seed: number): Promise<void> {
  const folder = join(tmpdir(), `smanager-kills-${seed}-${Date.now()}`);
  await cp(home.dataDir, folder, { recursive: true });
  console.log(`the bot's folder is kept as ${folder}; its last words:`);
  console.log(home.lastWords);
}

/** The result says whether everything held and every phase was met. */
async function kills({ count, seed }: Options, releases: ReleaseStack): Promise<boolean> {
  const startedMs = performance.now();
  const totals = new Totals();
  const plans = graces.map((graceBlocks, i) => ({
    name: String.fromCodePoint(97 + i),
    seed: graces.length * seed + i,
    graceBlocks,
    kills: Math.floor((count + i) / graces.length),
  }));
  const defects = (await Promise.all(plans.map(async (plan) => await inArena(plan, totals, releases)))).flat();
  const missing = totals.missing();
  for (const line of totals.lines()) console.log(line);
  const notJudged = totals.notJudged();
  if (notJudged !== undefined) console.log(notJudged);
  for (const phase of missing) console.log(`MISSING no kill fell into ${phase}`);
  if (totals.isWithoutGrace) console.log('MISSING no kill fell into the grace of a closed file');
  const minutes = (performance.now() - startedMs) / MINUTE_MS;
  console.log(`${totals.kills} kills in ${minutes.toFixed(1)} minutes, seed ${seed}, ${defects.length} defects`);
  return defects.length === 0 && missing.length === 0 && !totals.isWithoutGrace;
}

async function main(options: Options): Promise<void> {
  // Here, and not by the script that starts this: a wrong option must not build `dist` anew under whoever uses it.
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  console.log(`seed ${options.seed}, ${options.count} kills`);
  const releases = new ReleaseStack();
  stopOnSignals(async () => await releases.releaseAll());
  try {
    process.exitCode = (await kills(options, releases)) ? 0 : 1;
  } finally {
    await releases.releaseAll();
  }
}

const program = new Command('npm run kills --')
  .description('The built bot beside a real IPFS daemon, killed at random moments of each phase of its work.')
  .option('--count <kills>', 'how many kills', whole, defaultKills)
  .option('--seed <seed>', 'draws what each kill waits for', whole, 1 + (Date.now() % 1_000_000))
  .action(main);

await program.parseAsync();
