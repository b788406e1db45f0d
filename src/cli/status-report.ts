import type { DeletionStanding } from '../domain/deletions.ts';
import type { ActiveNodes, ChainTime, GroupFacts, HeldReport, WorkloadFacts } from '../domain/facts.ts';
import type { ReconcileReport } from '../domain/reconcile.ts';
import type { ConditionName } from '../runtime/conditions.ts';
import type { Overview, Progress, RunningPull, TallyRow } from '../store/overview.ts';

const aliveMs = 3 * 60_000;

interface ReportedCondition {
  readonly name: string;
  readonly kind: string;
  readonly message: string;
  readonly sinceMs: number;
}

/** `smanager status --json`. Sizes in bytes, times in Unix ms. */
export interface StatusReport {
  readonly nowMs: number;
  readonly version: string;
  readonly account: string | undefined;
  readonly genesisHash: string | undefined;
  /** A bot wrote its state within the last three minutes. */
  readonly alive: boolean;
  readonly ready: boolean;
  readonly conditions: readonly ReportedCondition[];
  readonly lastOutage:
    | { readonly part: string; readonly message: string; readonly fromMs: number; readonly toMs: number | null }
    | undefined;
  readonly chainTime: ChainTime | undefined;
  readonly eventCursor: { readonly block: number } | undefined;
  readonly group: GroupFacts | undefined;
  readonly activeNodes: ActiveNodes | undefined;
  readonly workload: WorkloadFacts | undefined;
  readonly walk: Progress['walk'];
  /** Null unless events of many blocks are still to be read. */
  readonly catchUp: Progress['catchUp'];
  readonly gaps: readonly { readonly fromBlock: number; readonly toBlock: number }[];
  readonly orders: readonly TallyRow[];
  readonly pulls: readonly RunningPull[];
  readonly held: { readonly sealed: number; readonly lost: number };
  /** Of the last full comparison with sWorker's lists. */
  readonly heldReport: HeldReport | undefined;
  /** Of the last run of the reconciler that heard all sources and could write. */
  readonly reconcileReport: ReconcileReport | undefined;
  readonly cleanups: Readonly<Record<string, number>>;
  /** `deleted`: within 24 hours of the chain; `unproven`: open closes known only by absence from walks, not approved. */
  readonly deletions: Pick<DeletionStanding, 'deleted' | 'unproven'>;
}

type BotState = Pick<StatusReport, 'alive' | 'ready' | 'conditions'>;

/** What the running bot wrote last about itself; of one that hangs or is gone nothing counts. */
async function readState(facts: Overview['facts'], nowMs: number): Promise<BotState> {
  const state = await facts.find('conditions');
  if (state === undefined || Math.abs(nowMs - state.atMs) > aliveMs)
    return { alive: false, ready: false, conditions: [] };
  return { alive: true, ready: state.ready, conditions: state.list };
}

/** Raised by the rooms that read the group and the nodes, and by the one that decides: the plainest reason first. */
const standstills: readonly ConditionName[] = ['no-group', 'no-active-nodes', 'undecided'];

/** Why nothing is decided and no pull starts; undefined when nothing is known to be in the way. */
export async function readStandstill(overview: Overview, nowMs: number): Promise<string | undefined> {
  const { alive, conditions } = await readState(overview.facts, nowMs);
  if (!alive) return 'no bot is running';
  const messages = standstills.map((name) => conditions.find((condition) => condition.name === name)?.message);
  return messages.find(Boolean)?.replace(/^nothing is decided: /, '');
}

export async function readStatus(overview: Overview, version: string, nowMs: number): Promise<StatusReport> {
  const { facts } = overview;
  const identity = await facts.find('identity');
  const { alive, ready, conditions } = await readState(facts, nowMs);
  const chainTime = await facts.find('chain-time');
  const { deleted, unproven } = await overview.deletions(chainTime?.atBlock ?? 0);
  return {
    nowMs,
    version,
    account: identity?.account,
    genesisHash: identity?.genesisHash,
    alive,
    ready,
    conditions,
    lastOutage: await facts.find('last-outage'),
    chainTime,
    eventCursor: await facts.find('event-cursor'),
    group: await facts.find('group'),
    activeNodes: await facts.find('active-nodes'),
    workload: await facts.find('workload'),
    ...(await overview.progress(nowMs)),
    gaps: await overview.openGaps(),
    orders: await overview.tally(),
    pulls: await overview.runningPulls(),
    held: await overview.heldFiles(),
    heldReport: await facts.find('held-report'),
    reconcileReport: await facts.find('reconcile-report'),
    cleanups: Object.fromEntries(await overview.cleanups()),
    deletions: { deleted, unproven },
  };
}
