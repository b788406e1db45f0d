import type { ActiveNodes, ChainTime, GroupFacts, HeldReport, WorkloadFacts } from '../domain/facts.ts';
import type { Overview, RunningPull, TallyRow, WalkProgress } from '../store/overview.ts';

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
  readonly walk: WalkProgress | undefined;
  readonly gaps: readonly { readonly fromBlock: number; readonly toBlock: number }[];
  readonly orders: readonly TallyRow[];
  readonly pulls: readonly RunningPull[];
  readonly held: { readonly sealed: number; readonly lost: number };
  /** Of the last full comparison with sWorker's lists. */
  readonly heldReport: HeldReport | undefined;
  readonly cleanups: Readonly<Record<string, number>>;
}

export async function readStatus(overview: Overview, version: string, nowMs: number): Promise<StatusReport> {
  const { facts } = overview;
  const identity = await facts.find('identity');
  const state = await facts.find('conditions');
  const alive = state !== undefined && Math.abs(nowMs - state.atMs) <= aliveMs;
  return {
    nowMs,
    version,
    account: identity?.account,
    genesisHash: identity?.genesisHash,
    alive,
    ready: alive && state.ready,
    conditions: alive ? state.list : [],
    lastOutage: await facts.find('last-outage'),
    chainTime: await facts.find('chain-time'),
    eventCursor: await facts.find('event-cursor'),
    group: await facts.find('group'),
    activeNodes: await facts.find('active-nodes'),
    workload: await facts.find('workload'),
    walk: await overview.newestWalk(),
    gaps: await overview.openGaps(),
    orders: await overview.tally(),
    pulls: await overview.runningPulls(),
    held: await overview.heldFiles(),
    heldReport: await facts.find('held-report'),
    cleanups: Object.fromEntries(await overview.cleanups()),
  };
}
