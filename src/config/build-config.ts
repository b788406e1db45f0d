import path from 'node:path';
import { DAY_BLOCKS, HOUR_BLOCKS, HOUR_MS, MIB, MINUTE_MS } from '../domain/units.ts';
import type { Config, ListConfig, SchedulerConfig } from './config.ts';
import type { ConfigIssue } from './issues.ts';
import type { ConfigInput } from './keys/schema.ts';
import { Secret } from './secret.ts';
import { readStrategy } from './strategy.ts';

/** Turns the checked file into what the program uses: units in names, paths absolute, everything frozen. */
export function buildConfig(input: ConfigInput, workingDirectory: string): { config: Config; warnings: ConfigIssue[] } {
  const { weights, warnings } = readStrategy(input.scheduler.strategy);
  const { telemetry, sealCoordinator } = input;
  const config: Config = {
    dataDir: path.resolve(workingDirectory, input.dataDir),
    chain: {
      account: input.chain.account,
      endPoints: input.chain.endPoint,
      maxRequestsInFlight: input.chain.maxRequestsInFlight,
    },
    sworker: input.sworker,
    ipfs: input.ipfs,
    node: input.node,
    telemetry: telemetry?.endPoint === undefined ? undefined : { endPoint: telemetry.endPoint },
    scheduler: {
      minSrdRatioPercent: input.scheduler.minSrdRatio,
      maxPendingTasks: input.scheduler.maxPendingTasks,
      minFileSizeBytes: Math.round(input.scheduler.minFileSize * MIB),
      maxFileSizeBytes: Math.round(input.scheduler.maxFileSize * MIB),
      minReplicas: input.scheduler.minReplicas,
      maxReplicas: input.scheduler.maxReplicas,
      strategy: weights,
      allow: listConfig(input.scheduler.allow, workingDirectory),
      deny: listConfig(input.scheduler.deny, workingDirectory),
    },
    sealCoordinator:
      sealCoordinator === undefined || sealCoordinator === null
        ? undefined
        : {
            endPoint: sealCoordinator.endPoint,
            nodeUuid: sealCoordinator.nodeUUID,
            authToken: new Secret(sealCoordinator.authToken),
          },
    runtime: { maxOutageMs: input.runtime.maxOutageMinutes * MINUTE_MS },
    indexer: {
      scanIntervalBlocks: Math.round(input.indexer.scanIntervalHours * HOUR_BLOCKS),
      refreshBlocks: Math.round(input.indexer.refreshDays * DAY_BLOCKS),
      maxOrdersPerSecond: input.indexer.maxOrdersPerSecond,
    },
    pull: { stallMs: input.pull.stallMinutes * MINUTE_MS, maxAttempts: input.pull.maxAttempts },
    seal: { lostGraceBlocks: Math.round(input.seal.lostGraceHours * HOUR_BLOCKS) },
    cleanup: {
      mode: input.cleanup.mode,
      maxPercentPerDay: input.cleanup.maxPercentPerDay,
      graceBlocks: Math.round(input.cleanup.graceHours * HOUR_BLOCKS),
      endOrphanSeals: input.cleanup.endOrphanSeals,
    },
    reconcile: { intervalMs: input.reconcile.intervalHours * HOUR_MS },
    gc: {
      thresholdPercent: input.gc.thresholdPercent,
      intervalMs: input.gc.intervalMinutes * MINUTE_MS,
    },
    database: {
      retentionBlocks: Math.round(input.database.retentionDays * DAY_BLOCKS),
      backups: input.database.backups,
    },
  };
  return { config: deepFreeze(config), warnings: [...warnings, ...oddities(input, config.scheduler)] };
}

function listConfig(list: ConfigInput['scheduler']['allow'], workingDirectory: string): ListConfig {
  return {
    cids: list.cids,
    owners: list.owners.map(({ address }) => address),
    memoPrefixes: list.memoPrefixes,
    files: list.files.map((file) => path.resolve(workingDirectory, file)),
  };
}

/** What can be used but is probably not meant. */
function oddities(input: ConfigInput, scheduler: SchedulerConfig): ConfigIssue[] {
  const found: ConfigIssue[] = [];
  if (!['member', 'isolation'].includes(input.node.role)) {
    found.push({
      path: 'node.role',
      message: 'neither member nor isolation; it is shown as it is',
      errorInCheck: false,
    });
  }
  if (input.telemetry !== undefined && input.telemetry !== null && input.telemetry.endPoint === undefined) {
    found.push({ path: 'telemetry', message: 'has no endPoint, so nothing is reported', errorInCheck: false });
  }
  if (scheduler.maxFileSizeBytes > 0 && scheduler.minFileSizeBytes > scheduler.maxFileSizeBytes) {
    found.push({
      path: 'scheduler.minFileSize',
      message: 'above maxFileSize, so no file is taken',
      errorInCheck: true,
    });
  }
  if (scheduler.maxReplicas > 0 && scheduler.minReplicas >= scheduler.maxReplicas) {
    const message = 'not below maxReplicas, so no file found by the walk over all orders is taken';
    found.push({ path: 'scheduler.minReplicas', message, errorInCheck: true });
  }
  return found;
}

function deepFreeze<T extends object>(value: T): T {
  for (const below of Object.values(value)) {
    if (typeof below === 'object' && below !== null && !Object.isFrozen(below)) deepFreeze(below as object);
  }
  return Object.freeze(value);
}
