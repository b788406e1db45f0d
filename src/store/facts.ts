import type { ActiveNodes, ChainTime, EventProgress, GroupFacts, HeldReport, WorkloadFacts } from '../domain/facts.ts';
import type { WalkRun } from '../domain/progress.ts';
import type { ReconcileReport } from '../domain/reconcile.ts';
import type { RevisionScope } from '../domain/strategy.ts';
import type { Database, Reader, Tx } from './database.ts';

/** The basis that standing verdicts are being brought to, what is still to be touched, and how far that got. */
export interface Revision extends RevisionScope {
  readonly basisId: number;
  readonly done: boolean;
  /** Rows above `afterId` up to `throughId` are to come. */
  readonly afterId: number;
  readonly throughId: number;
}

/** Everything kept under a name in `config`. */
interface FactTypes {
  identity: { readonly genesisHash: string; readonly account: string };
  'chain-time': ChainTime;
  group: GroupFacts;
  'active-nodes': ActiveNodes;
  workload: WorkloadFacts;
  /** The node count that `decide` uses, and since which block. */
  'node-count-in-use': { readonly count: number; readonly sinceBlock: number };
  /** The newest block whose events are in the tables. */
  'event-cursor': { readonly block: number };
  'event-progress': EventProgress;
  /** Absent until a walk's first second has passed. */
  'walk-run': WalkRun;
  /** How long the last complete walk took. */
  'walk-duration': { readonly blocks: number };
  revision: Revision;
  gc: {
    readonly lastMs: number;
    readonly freedPercent: number;
    readonly heldSinceMs: number | null;
    readonly notBeforeMs: number;
  };
  /** sWorker's last full list of valid files was compared with the tables. */
  'held-scan': { readonly atMs: number; readonly atBlock: number };
  'held-report': HeldReport;
  'reconcile-report': ReconcileReport;
  /** The last FileSuccess-independent proof that the daemon seals: see the pull room. */
  'seal-proof': { readonly unsealedCids: readonly string[]; readonly nextProbeMs: number };
  /** What holds the bot back, for `smanager status`. */
  conditions: {
    readonly atMs: number;
    readonly ready: boolean;
    readonly list: readonly {
      readonly name: string;
      readonly kind: string;
      readonly message: string;
      readonly sinceMs: number;
    }[];
  };
  'last-outage': {
    readonly part: string;
    readonly message: string;
    readonly fromMs: number;
    readonly toMs: number | null;
  };
}

export type FactName = keyof FactTypes;

/** Facts and cursors: JSON under a name. */
export class Facts {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find<N extends FactName>(name: N, source?: Reader | Tx): Promise<FactTypes[N] | undefined> {
    const query = async (reader: Reader | Tx): Promise<FactTypes[N] | undefined> => {
      const row: { content: string } | undefined = await reader('config').where({ name }).first('content');
      return row === undefined ? undefined : (JSON.parse(row.content) as FactTypes[N]);
    };
    return source === undefined ? await this.#database.read(query) : await query(source);
  }

  /** Several facts as one commit left them; those that are not there are absent. */
  async findAll<N extends FactName>(names: readonly N[]): Promise<{ readonly [K in N]?: FactTypes[K] }> {
    const rows: { name: N; content: string }[] = await this.#database.read(
      async (reader) => await reader('config').whereIn('name', names).select('name', 'content'),
    );
    return Object.fromEntries(rows.map(({ name, content }) => [name, JSON.parse(content)])) as {
      [K in N]?: FactTypes[K];
    };
  }

  async set<N extends FactName>(tx: Tx, name: N, content: FactTypes[N]): Promise<void> {
    await tx('config')
      .insert({ name, content: JSON.stringify(content) })
      .onConflict('name')
      .merge();
  }

  async remove(tx: Tx, name: FactName): Promise<void> {
    await tx('config').where({ name }).delete();
  }

  /** Sets a dated fact unless a newer one stands; returns whether it was set. */
  async setNewer<N extends 'chain-time' | 'group' | 'active-nodes' | 'workload'>(
    tx: Tx,
    name: N,
    content: FactTypes[N],
  ): Promise<boolean> {
    const standing = await this.find(name, tx);
    if (standing !== undefined && standing.atBlock > content.atBlock) return false;
    await this.set(tx, name, content);
    return true;
  }
}
