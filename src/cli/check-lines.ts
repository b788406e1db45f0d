import { access, constants, mkdir, statfs } from 'node:fs/promises';
import type { Clients } from '../app-parts.ts';
import { findAccount } from '../domain/account.ts';
import type { Config } from '../config/config.ts';
import { SmError, type ErrorCode } from '../domain/errors.ts';
import { freeGib, srdRatioPercent, type GroupTrouble } from '../domain/facts.ts';
import { formatBytes, formatCount } from '../lib/format.ts';
import { GIB } from '../domain/units.ts';
import { database } from './check-database.ts';
import type { CheckLine, Probe } from './check-line.ts';

const troubles: Readonly<Record<GroupTrouble, string>> = {
  'no-identity': 'the account has no identity yet: it appears with the first accepted work report of its sWorker',
  'no-group': 'the account is in no group: join one (swork.joinGroup), files without a group earn nothing here',
  'empty-group': 'the group has no members: look whether the account joined it',
  'not-a-member': "the account is not among its group's members: join the group again",
  'is-owner': "this is the group owner's account: put the member's account into chain.account",
};

const advice: Partial<Record<ErrorCode, string>> = {
  CHAIN_UNREACHABLE:
    'Is the chain node running, and does chain.endPoint name its WebSocket port (19944 in a usual installation)?',
  CHAIN_WRONG_GENESIS: 'This end point serves another chain, or the database belongs to another one.',
  SWORKER_UNREACHABLE:
    'Is sWorker running, and does sworker.endPoint name its API (port 12222 in a usual installation)?',
  SWORKER_UPGRADING: 'sWorker is upgrading; this passes by itself.',
  IPFS_UNREACHABLE:
    'Is the IPFS daemon running, and does ipfs.endPoint name its RPC port (5001 in a usual installation)?',
  COORDINATOR_UNREACHABLE: 'Is the seal coordinator running, and is sealCoordinator.endPoint right?',
  COORDINATOR_UNAUTHORIZED: 'The seal coordinator refuses nodeUUID or authToken.',
  DATABASE_FOREIGN: 'Move it away or name another dataDir; it is not touched.',
  DATABASE_NEWER: 'Run the smanager that wrote it, or a newer one, or restore that backup.',
  DATABASE_DAMAGED: 'Restore a backup, or move it away: the bot then indexes anew and finds what sWorker holds.',
};

async function chain(_config: Config, clients: Clients, signal: AbortSignal): Promise<CheckLine[]> {
  const head = await clients.chain.blocks.finalizedHead({ signal });
  const [spec, sync] = [
    await clients.chain.blocks.specVersion(head.value, { signal }),
    await clients.chain.blocks.syncState({ signal }),
  ];
  const away = clients.chain.endPoints
    .states()
    .filter((state) => state.state === 'away' || state.state === 'wrong-genesis');
  return [
    {
      subject: 'chain',
      state: sync.value.syncing ? 'warning' : 'ok',
      message: `${head.endPoint}: finalized block ${formatCount(head.value.number)}, runtime ${spec.value}${sync.value.syncing ? `, still syncing (${sync.value.reason})` : ''}`,
      ...(sync.value.syncing ? { advice: 'The bot waits until the node has caught up.' } : {}),
    },
    ...away.map(
      (state): CheckLine => ({
        subject: 'chain',
        state: 'warning',
        message: `${state.name}: ${state.lastError ?? state.state}`,
      }),
    ),
  ];
}

async function genesis(config: Config, clients: Clients, signal: AbortSignal): Promise<CheckLine[]> {
  const hash = await clients.chain.blocks.genesisHash({ signal });
  return [
    { subject: 'account', state: 'ok', message: `${config.chain.account.address} on the chain with genesis ${hash}` },
  ];
}

async function group(config: Config, clients: Clients, signal: AbortSignal): Promise<CheckLine[]> {
  const head = await clients.chain.blocks.finalizedHead({ signal });
  const { value } = await clients.chain.facts.readGroup(clients.account, head.value, { signal });
  if (value.trouble !== null) {
    return [
      {
        subject: 'group',
        state: 'wrong',
        message: `${config.chain.account.address}: ${value.trouble}`,
        advice: troubles[value.trouble],
      },
    ];
  }
  const nodes = await clients.chain.facts.countActiveNodes(head.value, { signal });
  return [
    {
      subject: 'group',
      state: nodes.value === 0 ? 'wrong' : 'ok',
      message: `member ${value.ownIndex + 1} of ${value.members.length} under ${value.owner}; ${formatCount(nodes.value)} active nodes on the chain`,
      ...(nodes.value === 0 ? { advice: 'No node reported in this slot: nothing can be decided until one does.' } : {}),
    },
  ];
}

async function sworker(config: Config, clients: Clients, signal: AbortSignal): Promise<CheckLine[]> {
  const { files, srd } = await clients.sworker.workload(signal);
  const identity = await clients.sworker.idInfo(signal);
  const ratio = srdRatioPercent(srd);
  const lines: CheckLine[] = [
    {
      subject: 'sworker',
      state: 'ok',
      message: `${config.sworker.endPoint.printable}: version ${identity.sworkerVersion}, ${formatCount(files.valid.num)} files, ${formatCount(freeGib(srd))} GiB free for files`,
    },
  ];
  if (findAccount(identity.account)?.publicKeyHex !== clients.account.publicKeyHex) {
    lines.push({
      subject: 'sworker',
      state: 'wrong',
      message: `sWorker works for the account ${identity.account}, the configuration names ${config.chain.account.address}`,
      advice: "Put sWorker's account into chain.account.",
    });
  }
  if (ratio < config.scheduler.minSrdRatioPercent) {
    lines.push({
      subject: 'sworker',
      state: 'warning',
      message: `SRD is ${ratio.toFixed(1)} % of the space, below scheduler.minSrdRatio ${config.scheduler.minSrdRatioPercent}: no pull starts`,
      advice: 'Wait for more SRD or lower scheduler.minSrdRatio.',
    });
  }
  return lines;
}

async function ipfs(config: Config, clients: Clients, signal: AbortSignal): Promise<CheckLine[]> {
  const { agentVersion } = await clients.ipfs.identity(signal);
  const size = await clients.ipfs.repoSize(signal);
  const limit = size.storageMaxBytes === null ? 'no limit' : formatBytes(size.storageMaxBytes);
  return [
    {
      subject: 'ipfs',
      state: 'ok',
      message: `${config.ipfs.endPoint.printable}: ${agentVersion}, repository ${formatBytes(size.sizeBytes)} of ${limit}`,
    },
  ];
}

async function coordinator(config: Config, clients: Clients, signal: AbortSignal): Promise<CheckLine[]> {
  if (clients.coordinator === undefined || config.sealCoordinator === undefined) return [];
  await clients.coordinator.ping(signal);
  return [{ subject: 'coordinator', state: 'ok', message: `${config.sealCoordinator.endPoint.printable}: answers` }];
}

const leastFreeBytes = GIB;

async function disk(config: Config): Promise<CheckLine[]> {
  await mkdir(config.dataDir, { recursive: true });
  await access(config.dataDir, constants.W_OK | constants.R_OK | constants.X_OK);
  const { bavail, bsize } = await statfs(config.dataDir);
  const freeBytes = bavail * bsize;
  const scarce = freeBytes < leastFreeBytes;
  return [
    {
      subject: 'disk',
      state: scarce ? 'warning' : 'ok',
      message: `${config.dataDir}: writable, ${formatBytes(freeBytes)} free`,
      ...(scarce ? { advice: `The database of a whole chain needs about ${formatBytes(leastFreeBytes)}.` } : {}),
    },
  ];
}

const probes: readonly (readonly [string, Probe])[] = [
  ['chain', chain],
  ['account', genesis],
  ['group', group],
  ['sworker', sworker],
  ['ipfs', ipfs],
  ['coordinator', coordinator],
  ['disk', disk],
  ['database', database],
];

/** Asks every part once, `limitMs` at most each, and yields what it found as it comes. */
export async function* checkLines(
  config: Config,
  clients: Clients,
  limitMs: number,
  signal: AbortSignal,
): AsyncIterable<CheckLine> {
  for (const [subject, probe] of probes) {
    try {
      yield* await probe(config, clients, AbortSignal.any([signal, AbortSignal.timeout(limitMs)]));
    } catch (error) {
      if (signal.aborted) return;
      yield failure(subject, error);
    }
  }
}

function failure(subject: string, error: unknown): CheckLine {
  if (error instanceof SmError)
    return {
      subject,
      state: 'wrong',
      message: error.message,
      ...(advice[error.code] === undefined ? {} : { advice: advice[error.code] }),
    };
  if (error instanceof Error && error.name === 'TimeoutError')
    return {
      subject,
      state: 'wrong',
      message: 'did not answer in time',
      advice: 'Is it overloaded, or is something else listening there?',
    };
  if (error instanceof Error && 'code' in error && subject === 'disk') {
    return {
      subject,
      state: 'wrong',
      message: error.message,
      advice: 'The data directory must be writable for the user that the bot runs as.',
    };
  }
  throw error;
}
