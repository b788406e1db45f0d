import { once } from 'node:events';
import { statSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UndiciTransport } from '../../../src/clients/http/undici-transport.ts';
import { SworkerClient } from '../../../src/clients/sworker/sworker-client.ts';
import { EndPoint } from '../../../src/config/end-point.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { Conditions } from '../../../src/runtime/conditions.ts';
import type { Logger } from '../../../src/runtime/log.ts';
import { RightOfWay } from '../../../src/runtime/right-of-way.ts';
import { SealUpdaterTask } from '../../../src/seal/seal-updater-task.ts';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import { Facts } from '../../../src/store/facts.ts';
import { HeldFiles } from '../../../src/store/held-files.ts';
import { HeldListing } from '../../../src/store/held-listing.ts';
import { LostFiles } from '../../../src/store/lost-files.ts';
import { PendingSeals } from '../../../src/store/pending-seals.ts';
import { PinRows } from '../../../src/store/pin-rows.ts';
import { answer, childInput } from '../harness/child.ts';
import { forgetPeak, residentMiB } from './memory.ts';
import { Picks } from './picks.ts';
import { RoundClock } from './round-clock.ts';
import { cidOf, headBlocks, type Moment } from './world.ts';

// The seal updater with all it is made of, in the process of its own that is measured.

export interface SealInput {
  readonly dataDir: string;
  readonly sworkerUrl: string;
  /** The first round of a node's life, or those of a process that was started later. */
  readonly isFirst: boolean;
  readonly rounds: readonly { readonly moment: Moment; readonly withPicks: boolean }[];
}

export interface MeasuredRound {
  readonly seconds: number;
  /** Of all threads of the process, the picks' included. */
  readonly cpuSeconds: number;
  readonly aboveIdleMiB: number;
  readonly picksMs: readonly number[];
  /** Growth of the write-ahead log. */
  readonly writtenKib: number;
  readonly counts: Counts;
}

export interface SealOutput {
  readonly idleMiB: number;
  readonly quietPicksMs: readonly number[];
  readonly rounds: readonly MeasuredRound[];
}

export interface Counts {
  readonly pins: Readonly<Record<string, number>>;
  readonly orders: Readonly<Record<string, number>>;
  readonly missedOnce: number;
  /** Of all records of held files. */
  readonly heldBytes: number;
  readonly withoutOrder: number;
  readonly uncredited: number;
  readonly held: number;
  readonly lost: number;
}

const halfHourMs = 31 * 60_000;
const silent: Logger = {
  error: (message, context) => console.error(message, context),
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  child: () => silent,
};

const input = childInput() as SealInput;
const database = await Database.open(input.dataDir, { rightOfWay: new RightOfWay(new SystemClock()) });
const facts = new Facts(database);

const clock = new RoundClock();
const conditions = new Conditions(clock);
const pins = new PinRows(database);
const endPoint = EndPoint.parse(input.sworkerUrl, ['http:']);
if (endPoint === undefined) throw new Error(`no end point: ${input.sworkerUrl}`);
const sworker = new SworkerClient({
  endPoint,
  transport: new UndiciTransport(endPoint),
  clock: new SystemClock(),
});
const headBlock = input.isFirst ? headBlocks.first : headBlocks.later;
const asksNobody = async (): Promise<never> => await Promise.reject(new Error('nothing of this world asks for it'));
const task = new SealUpdaterTask({
  clock,
  conditions,
  logger: silent,
  sworker,
  // The graces of lost files begin at a block that the chain names; no order is asked about.
  reads: {
    read: async (keys) =>
      keys.length > 0 ? await asksNobody() : { atBlock: headBlock, endPoint: 'ws://node', reads: [] },
  },
  ingest: { ingest: asksNobody },
  remover: { remove: asksNobody },
  decideAsNotHeld: asksNobody,
  store: {
    database,
    facts,
    pins,
    listing: new HeldListing(database),
    held: new HeldFiles(database),
    lost: new LostFiles(database),
    pending: new PendingSeals(database),
  },
  settings: { lostGraceBlocks: 48 * 600, endOrphanSeals: false, mode: 'delete', maxPercentPerDay: 5 },
});

if (!input.isFirst) {
  const atMs = Date.now();
  await database.write('event', async (tx) => {
    await facts.set(tx, 'chain-time', {
      atBlock: headBlocks.later,
      atMs,
      blockTimestampMs: atMs,
      specVersion: 25,
    });
  });
}

const stop = new AbortController();
const picks = new Picks(database);
picks.start();
// A bot asks sWorker all the time. The parser of its HTTP client takes 30 MiB for a moment while V8 compiles it, once in a process.
for (let question = 0; question < 3000; question += 1) await sworker.fileInfo(cidOf(question), stop.signal);
await delay(2000);
const quietPicksMs = await picks.stop();
forgetPeak();
const idleMiB = residentMiB().now;

let running: Promise<void> | undefined;
const rounds: MeasuredRound[] = [];
for (const { moment, withPicks } of input.rounds) {
  await setMoment(moment);
  await database.checkpoint();
  forgetPeak();
  if (withPicks) picks.start();
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  if (running === undefined) {
    const resting = clock.resting();
    running = task.run(stop.signal);
    await Promise.race([resting, running]);
  } else {
    // A task that has failed sleeps no more.
    await Promise.race([clock.nextRound(halfHourMs), running]);
  }
  if (conditions.list().length > 0) throw new Error(JSON.stringify(conditions.list()));
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const cpuSeconds = (user + system) / 1e6;
  const writtenKib = statSync(path.join(input.dataDir, `${databaseFileName}-wal`)).size / 1024;
  const picksMs = withPicks ? await picks.stop() : [];
  const aboveIdleMiB = residentMiB().peak - idleMiB;
  rounds.push({ seconds, cpuSeconds, aboveIdleMiB, picksMs, writtenKib, counts: await counted() });
}
stop.abort();
await running;
await sworker.close();
await database.close();
await answer({ idleMiB, quietPicksMs, rounds } satisfies SealOutput);

/** Not by `fetch`: its parser alone takes 30 MiB while V8 compiles it. */
async function setMoment(moment: Moment): Promise<void> {
  const [response] = (await once(get(`${input.sworkerUrl}/api/v0/moment?is=${moment}`), 'response')) as [
    IncomingMessage,
  ];
  response.resume();
  await once(response, 'end');
}

async function counted(): Promise<Counts> {
  const report = await facts.find('held-report');
  if (report === undefined) throw new Error('the round reported nothing');
  const { held, lost, withoutOrder, uncredited } = report;
  return await database.read(async (reader) => {
    const by = async (table: string): Promise<Record<string, number>> => {
      const rows: { status: string; n: number }[] = await reader.raw(
        `SELECT status, COUNT(*) AS n FROM ${table} GROUP BY status`,
      );
      return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
    };
    const sizes: { n: number }[] = await reader.raw(
      "SELECT SUM(size_bytes) AS n FROM pin_record WHERE status IN ('sealed', 'lost')",
    );
    const missed: { n: number }[] = await reader.raw('SELECT COUNT(*) AS n FROM pin_record WHERE missed_rounds = 1');
    const [pinCounts, orderCounts] = [await by('pin_record'), await by('file_record')];
    return {
      pins: pinCounts,
      orders: orderCounts,
      missedOnce: missed[0]?.n ?? 0,
      heldBytes: sizes[0]?.n ?? 0,
      held,
      lost,
      withoutOrder,
      uncredited,
    };
  });
}
