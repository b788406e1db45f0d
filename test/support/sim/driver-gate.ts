import sqlite3 from 'sqlite3';
import { type BesideReader, openReader as openBeside } from '../raw-database.ts';
import { type DriverStatement, type Refusal, refusalError, verbOf, type Wait } from './driver-refusal.ts';
import type { Life } from './life.ts';

type Callback = (this: unknown, ...results: unknown[]) => void;
type Method = (this: sqlite3.Database, ...args: unknown[]) => unknown;

/** Hands an answer of the driver over, now or later. */
type Deliver = (answer: () => void) => void;

interface Job {
  readonly life: Life | undefined;
  /** On which connection: what waits there keeps back all that comes after it. */
  readonly connection: GatedDatabase;
  /** Undefined of what is no statement. */
  readonly statement?: DriverStatement | undefined;
  /** Calls `done` when the driver has answered, having handed its answer to `deliver`. */
  readonly start: (done: () => void, deliver: Deliver) => void;
}

const Original = sqlite3.Database;
const nativeClose = method('close');

/**
 * Stands between the program and the SQLite driver: statements run one at a time in the order in which they were asked for, so that the thread
 * pool decides nothing, and those of a dead process do not run at all. One that waits for a slow disk is not under way: the world goes on meanwhile, and
 * other connections do.
 */
class DriverGate {
  /** Whose connections are those opened from now on. */
  life: Life | undefined;
  #queue: Job[] = [];
  #isBusy = false;
  #idle: (() => void)[] = [];
  statements = 0;
  /** Which statements of a life fail, and how; replaced at will. */
  chooseRefusal: ((statement: DriverStatement) => Refusal | undefined) | undefined;
  /** Which statements of a life the disk takes its time for; replaced at will. */
  chooseWait: ((statement: DriverStatement) => Wait | undefined) | undefined;
  /** What waits behind each connection that waits for its disk. */
  readonly #behind = new Map<GatedDatabase, Job[]>();

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** What waits on a connection that is closed waits for nothing. */
  forget(connection: GatedDatabase): void {
    this.#behind.delete(connection);
  }

  async untilIdle(): Promise<void> {
    if (!this.#isBusy) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  add(job: Job): void {
    this.#queue.push(job);
    if (!this.#isBusy) this.#next();
  }

  #next(): void {
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      const behind = this.#behind.get(job.connection);
      if (behind !== undefined) behind.push(job);
      else if (this.#begin(job)) return;
    }
    this.#isBusy = false;
    const waiting = this.#idle;
    this.#idle = [];
    for (const tell of waiting) tell();
  }

  /** False when it does not run now. */
  #begin(job: Job): boolean {
    if (job.life?.isDead === true) return false;
    const wait = job.life === undefined || job.statement === undefined ? undefined : this.chooseWait?.(job.statement);
    if (wait?.before === 'statement') {
      this.#hold(job.connection, wait, () => this.#queue.unshift({ ...job, statement: undefined }));
      return false;
    }
    if (job.life?.step() === false) return false;
    this.#isBusy = true;
    this.statements += 1;
    const deliver: Deliver = (answer) => (wait === undefined ? answer() : this.#hold(job.connection, wait, answer));
    job.start(() => this.#next(), deliver);
    return true;
  }

  #hold(connection: GatedDatabase, wait: Wait, goOn: () => void): void {
    this.#behind.set(connection, []);
    wait.until(() => {
      const behind = this.#behind.get(connection) ?? [];
      this.#behind.delete(connection);
      this.#queue.unshift(...behind);
      goOn();
      if (!this.#isBusy) this.#next();
    });
  }
}

export const driverGate = new DriverGate();

type GatedMethod = 'run' | 'all' | 'get' | 'exec' | 'prepare' | 'close';

function method(name: GatedMethod): Method {
  return Reflect.get(Original.prototype, name) as Method;
}

const connections = new WeakMap<Life, Set<GatedDatabase>>();

/** Tells whoever asks, before or after, that something has happened. */
class Happening<T> {
  #value: { readonly is: T } | undefined;
  #listener: ((value: T) => void) | undefined;

  happen(value: T): void {
    this.#value = { is: value };
    this.#listener?.(value);
  }

  whenHappened(listener: (value: T) => void): void {
    this.#listener = listener;
    if (this.#value !== undefined) listener(this.#value.is);
  }
}

class GatedDatabase extends Original {
  readonly life: Life | undefined;
  readonly openedAs: string;

  constructor(filename: string, ...rest: unknown[]) {
    const { life } = driverGate;
    const callback = typeof rest.at(-1) === 'function' ? (rest.pop() as Callback) : undefined;
    const mode = typeof rest[0] === 'number' ? rest[0] : sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE;
    const opening = new Happening<Error | null>();
    super(filename, mode, (error) => opening.happen(error));
    this.life = life;
    this.openedAs = filename;
    if (life !== undefined) register(life, this);
    // The opening takes its place in the line like a statement, though it has begun.
    driverGate.add({
      life,
      connection: this,
      start: (done) => {
        opening.whenHappened((error) => {
          if (life?.isDead !== true) callback?.call(this, error);
          done();
        });
      },
    });
  }

  /** What a dead process had asked for is never answered, so its signals still listen when its world is forgotten. */
  override interrupt(): void {
    if (this.life?.isDead !== true) super.interrupt();
  }
}

for (const name of ['run', 'all', 'get', 'exec', 'prepare', 'close'] as const) {
  Reflect.set(GatedDatabase.prototype, name, function gated(this: GatedDatabase, ...args: unknown[]): unknown {
    const callback = typeof args.at(-1) === 'function' ? (args.pop() as Callback) : undefined;
    const isStatement = name !== 'prepare' && name !== 'close';
    const start: Job['start'] = (done, deliver) => carryOut(this, name, args, callback, done, deliver);
    add(this, isStatement ? args[0] : undefined, callback, start);
    return this;
  });
}

function carryOut(
  database: GatedDatabase,
  name: GatedMethod,
  args: readonly unknown[],
  callback: Callback | undefined,
  done: () => void,
  deliver: Deliver,
): void {
  method(name).call(database, ...args, function answered(this: unknown, ...results: unknown[]) {
    if (name === 'prepare' && this instanceof sqlite3.Statement) gateStatement(this, database, args[0]);
    if (name === 'close' && database.life !== undefined) connections.get(database.life)?.delete(database);
    // The driver tells how many rows changed by the callback's `this`.
    deliver(() => {
      if (database.life?.isDead !== true) callback?.apply(this, results);
    });
    done();
  });
}

const nativeRun = method('run');

/** Puts a job into the line; `sql` is undefined for what is no statement. */
function add(database: GatedDatabase, sql: unknown, callback: Callback | undefined, start: Job['start']): void {
  const { life } = database;
  const statement =
    life === undefined || typeof sql !== 'string' ? undefined : { filename: database.openedAs, verb: verbOf(sql) };
  const begin = statement === undefined ? start : unlessRefused(database, statement, callback, start);
  driverGate.add({ life, connection: database, statement, start: begin });
}

/** A statement of a life may fail instead; what SQLite then gives up of its transaction is given up. */
function unlessRefused(
  database: GatedDatabase,
  statement: DriverStatement,
  callback: Callback | undefined,
  start: Job['start'],
): Job['start'] {
  return (done, deliver) => {
    const refusal = driverGate.chooseRefusal?.(statement);
    if (refusal === undefined) return start(done, deliver);
    const answer = (): void => {
      deliver(() => {
        if (database.life?.isDead !== true) callback?.call(database, refusalError(refusal.code));
      });
      done();
    };
    // Without a transaction there is nothing to give up, which is told as an error.
    if (refusal.rollsBack) nativeRun.call(database, 'ROLLBACK', answer);
    else answer();
  };
}

const prepared = new WeakMap<GatedDatabase, Set<sqlite3.Statement>>();
const nativeFinalize = Reflect.get(sqlite3.Statement.prototype, 'finalize') as (this: sqlite3.Statement) => unknown;

/** A prepared statement stands in the same line as its connection. */
function gateStatement(statement: sqlite3.Statement, database: GatedDatabase, sql: unknown): void {
  const known = prepared.get(database) ?? new Set();
  prepared.set(database, known.add(statement));
  gateMethods(statement, ['run', 'all'], database, sql);
  Reflect.set(statement, 'finalize', () => {
    known.delete(statement);
    nativeFinalize.call(statement);
  });
}

/** Has what an object of the driver does stand in the line of its connection. */
function gateMethods(object: object, names: readonly string[], database: GatedDatabase, sql?: unknown): void {
  for (const name of names) {
    const native = Reflect.get(object, name) as (...args: unknown[]) => unknown;
    Reflect.set(object, name, (...args: unknown[]) => {
      const callback = typeof args.at(-1) === 'function' ? (args.pop() as Callback) : undefined;
      const start: Job['start'] = (done, deliver) => {
        native.call(object, ...args, function answered(this: unknown, ...results: unknown[]) {
          deliver(() => {
            if (database.life?.isDead !== true) callback?.apply(this, results);
          });
          done();
        });
      };
      add(database, sql, callback, start);
      return object;
    });
  }
}

interface NativeBackup {
  finish(done: () => void): void;
}

const unfinished = new WeakMap<GatedDatabase, Map<object, () => Promise<void>>>();
const nativeBackup = Reflect.get(Original.prototype, 'backup') as (
  this: sqlite3.Database,
  ...args: unknown[]
) => NativeBackup;

Reflect.set(GatedDatabase.prototype, 'backup', function gated(this: GatedDatabase, ...args: unknown[]): object {
  const callback = args.pop() as Callback;
  const opening = new Happening<unknown[]>();
  const backup = nativeBackup.call(this, ...args, (...results: unknown[]) => opening.happen(results));
  const finish = backup.finish.bind(backup);
  const known = unfinished.get(this) ?? new Map<object, () => Promise<void>>();
  unfinished.set(
    this,
    known.set(backup, async () => await new Promise<void>((resolve) => finish(resolve))),
  );
  driverGate.add({
    life: this.life,
    connection: this,
    start: (done) => {
      opening.whenHappened((results) => {
        if (this.life?.isDead !== true) callback.apply(backup, results);
        done();
      });
    },
  });
  backup.finish = (done: () => void): void => {
    known.delete(backup);
    finish(done);
  };
  gateMethods(backup, ['step', 'finish'], this);
  return backup;
});

function register(life: Life, database: GatedDatabase): void {
  const known = connections.get(life) ?? new Set();
  connections.set(life, known.add(database));
}

/** Puts the gate in front of the driver for this test file's process. */
export function installDriverGate(): void {
  Object.assign(sqlite3, { Database: GatedDatabase });
}

/** What the kernel does with the files of a dead process: its connections close, what was not committed is rolled back, its lock is free. */
export async function closeConnectionsOf(life: Life): Promise<void> {
  await driverGate.untilIdle();
  for (const database of connections.get(life) ?? []) {
    driverGate.forget(database);
    for (const statement of prepared.get(database) ?? []) nativeFinalize.call(statement);
    for (const finish of unfinished.get(database)?.values() ?? []) await finish();
    await new Promise<void>((resolve, reject) => {
      nativeClose.call(database, (error: Error | null) => (error === null ? resolve() : reject(error)));
    });
  }
  connections.delete(life);
}

/** How many connections of a life are open. */
export function openConnections(life: Life): number {
  return connections.get(life)?.size ?? 0;
}

/** Reads beside the bot and its gate. */
export async function openReader(filename: string): Promise<BesideReader> {
  return await openBeside(filename, Original);
}

/** All rows of a query, read beside the bot and its gate. */
export async function readRows<T>(filename: string, sql: string, bindings: readonly unknown[] = []): Promise<T[]> {
  const reader = await openReader(filename);
  try {
    return await reader.rows<T>(sql, bindings);
  } finally {
    await reader.close();
  }
}

/** Changes rows while no bot runs, as nothing but a defect or a person would. */
export async function changeRows(filename: string, sql: string, ...bindings: readonly unknown[]): Promise<void> {
  const database = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opening: sqlite3.Database = new Original(filename, sqlite3.OPEN_READWRITE, (error) =>
      error === null ? resolve(opening) : reject(error),
    );
  });
  await new Promise<void>((resolve, reject) => {
    database.run(sql, [...bindings], (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
  await new Promise<void>((resolve) => database.close(() => resolve()));
}
