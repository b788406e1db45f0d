import { tooManyOpenFiles } from '../../domain/errors.ts';
import type { WorkloadFacts } from '../../domain/facts.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/units.ts';
import { canOpenFiles } from '../../lib/open-files.ts';
import type { ConditionName } from '../../runtime/conditions.ts';
import type { LoopParts } from '../../runtime/loop.ts';
import type { Facts } from '../../store/facts.ts';
import type { PickPorts, PullIpfs, PullSettings } from '../ports.ts';
import type { EndWriter } from '../run/end-writer.ts';
import type { PullRunner } from '../run/pull-runner.ts';
import type { RunningPulls } from '../run/running-pulls.ts';
import { sealProofCondition, type SealProof } from '../run/seal-proof.ts';
import { upgradeCondition, type UpgradeHold } from '../run/upgrade-hold.ts';
import { sworkerRoom } from '../rules/slots.ts';
import { srdRatioLow, systemDiskLow } from '../rules/space.ts';
import type { CoordinatorDesk } from './coordinator-desk.ts';

const GROUP_AGE_MS = 10 * MINUTE_MS;
const ACTIVE_NODES_AGE_MS = 6 * HOUR_MS;

export const heldCondition = 'pulls-held';
export const pinsHeldBack = 'the IPFS daemon holds pins back, probably for its own garbage collection';
/** Raised by the room that collects garbage, while it waits for the running pulls to end. */
const gcCondition = 'gc-hold';
// This room's own: they stop it by their own rules, or are found out by asking again.
const ownConditions: readonly ConditionName[] = [
  heldCondition,
  sealProofCondition,
  upgradeCondition,
  'outage:pull',
  'outage:pull-poll',
];

/** What a round may do. `most` pulls may start; `smallest`: only the smallest order, as a probe of the daemon. */
export interface Opening {
  readonly workload: WorkloadFacts;
  readonly most: number;
  readonly probe: 'none' | 'seal' | 'upgrade';
}

export type GateState = { readonly opening: Opening } | { readonly hold: string };

interface GateParts extends LoopParts, Pick<PickPorts, 'refreshWorkload'> {
  readonly facts: Facts;
  readonly ipfs: Pick<PullIpfs, 'version'>;
  readonly settings: PullSettings;
  readonly running: RunningPulls;
  readonly runner: PullRunner;
  readonly endWriter: EndWriter;
  readonly sealProof: SealProof;
  readonly upgradeHold: UpgradeHold;
  readonly coordinatorDesk: CoordinatorDesk;
}

/** Judges, before a round of pulls, what has nothing to do with any single order. */
export class Gate {
  readonly #parts: GateParts;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** @throws SmError of an outage when sWorker or, where it is in doubt, the IPFS daemon does not answer */
  async check(signal: AbortSignal): Promise<GateState> {
    const hold = this.hold() ?? (await this.#missingFact()) ?? this.#probeHold();
    if (hold !== undefined) return { hold };
    const { runner, ipfs, refreshWorkload, settings, sealProof, upgradeHold } = this.#parts;
    if (runner.daemonInDoubt) {
      // A connection that is kept answers also when no other can be made, and each pull needs its own.
      if (!canOpenFiles()) throw tooManyOpenFiles();
      await ipfs.version(signal);
      runner.daemonAnswered();
    }
    const workload = await refreshWorkload(signal);
    const { files, srd } = workload;
    if (systemDiskLow(srd)) return { hold: `the system disk has ${srd.sysDiskAvailableGib} GiB free, 50 are needed` };
    if (srdRatioLow(srd, settings.minSrdRatioPercent))
      return { hold: `the SRD ratio is below scheduler.minSrdRatio (${settings.minSrdRatioPercent} %)` };
    const room = sworkerRoom(files.pending.num, files.pending.num + files.valid.num + files.lost.num);
    if (room === 0) return { hold: 'sWorker takes no more files (500 pending or 400,000 in all)' };
    const probe = sealProof.isMissing ? 'seal' : upgradeHold.isStanding ? 'upgrade' : 'none';
    return { opening: { workload, most: probe === 'none' ? room : 1, probe } };
  }

  /** What is known here and now to stand in the way of every pull; asks nobody. */
  hold(): string | undefined {
    const { endWriter, conditions, running, coordinatorDesk } = this.#parts;
    if (endWriter.unwritten > 0) return 'the end of a pull cannot be written down';
    const standing = conditions.list().filter((condition) => !ownConditions.includes(condition.name));
    const blocking = standing.find((condition) => condition.blocksReady || condition.name === gcCondition);
    if (blocking !== undefined) return blocking.message;
    if (running.areHeld) return pinsHeldBack;
    return coordinatorDesk.hold;
  }

  /** Whether an opening holds no longer, whatever its age: the daemon is in doubt, or only probes are let through. */
  get mustOpenAnew(): boolean {
    const { runner, sealProof, upgradeHold } = this.#parts;
    return runner.daemonInDoubt || sealProof.isMissing || upgradeHold.isStanding;
  }

  async #missingFact(): Promise<string | undefined> {
    const { facts, clock } = this.#parts;
    const found = await facts.findAll(['chain-time', 'group', 'active-nodes']);
    if (found['chain-time'] === undefined) return 'the time of the chain is not known yet';
    const { group, 'active-nodes': nodes } = found;
    if (group === undefined || clock.nowMs() - group.atMs > GROUP_AGE_MS) return 'the group is not known';
    if (group.trouble !== null) return `the group rules cannot be applied: ${group.trouble}`;
    if (nodes === undefined || clock.nowMs() - nodes.atMs > ACTIVE_NODES_AGE_MS)
      return 'the number of active nodes is not known';
    return nodes.count === 0 ? 'no node is active' : undefined;
  }

  #probeHold(): string | undefined {
    const { sealProof, upgradeHold } = this.#parts;
    if (sealProof.isMissing && !sealProof.isProbeDue) return 'the IPFS daemon pins but does not seal';
    if (upgradeHold.isStanding && !upgradeHold.isProbeDue) return 'sWorker is upgrading';
    return undefined;
  }
}
