import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { BotNode } from '../../devnet/ipfs/bot-node.ts';
import { type Customers, startCustomers } from '../../devnet/ipfs/customers.ts';
import type { RpcStyle } from '../../devnet/ipfs/rpc/rpc-style.ts';
import { SworkerModel } from '../../devnet/sworker/model.ts';
import { startSworkerServer, type SworkerServer } from '../../devnet/sworker/server.ts';
import type { ReportedFile } from '../../devnet/sworker/work-report.ts';

/** An answer of the RPC, with what came behind it. */
interface RpcAnswer {
  readonly status: number;
  readonly text: string;
  readonly streamError: string | undefined;
}

/** A storage node's IPFS and sWorker, and customers who hold files: everything the bot meets except the chain. */
export interface SealingNode {
  readonly bot: BotNode;
  readonly customers: Customers;
  readonly sworker: SworkerModel;
  readonly sworkerServer: SworkerServer;
  /** Paths sWorker was asked for, in order. */
  readonly asked: string[];
  readonly reports: { added: readonly ReportedFile[]; deleted: readonly string[] }[];
  /** One tick of the daemon's progress timer. */
  tick(): void;
  rpc(command: string, signal?: AbortSignal): Promise<RpcAnswer>;
  sworkerDelete(cid: string): Promise<number>;
  close(): Promise<void>;
}

export async function startSealingNode(kubo: string | undefined, style?: RpcStyle): Promise<SealingNode> {
  const dir = await mkdtemp(join(tmpdir(), 'smanager-sealing-node-'));
  const ticks = new Set<() => void>();
  const reports: SealingNode['reports'] = [];
  const asked: string[] = [];
  const sworker: SworkerModel = new SworkerModel({
    clock: { nowMs: () => 0 },
    blockNumber: () => 100,
    report: (added, deleted) => reports.push({ added, deleted }),
    unpin: (cid) => bot.unpin(cid),
  });
  const sworkerServer = await startSworkerServer(sworker);
  recordRequests(sworkerServer, asked);
  const customers = await startCustomers({ kubo, dir: join(dir, 'customers') });
  const bot = new BotNode({
    kubo,
    dir: join(dir, 'bot'),
    style,
    sworkerUrl: sworkerServer.apiUrl,
    customers: customers.address,
    ticker: (tick) => {
      ticks.add(tick);
      return () => ticks.delete(tick);
    },
  });
  await bot.start();
  return {
    bot,
    customers,
    sworker,
    sworkerServer,
    asked,
    reports,
    tick: () => {
      for (const tick of ticks) tick();
    },
    rpc: (command, signal) => rpc(bot.apiUrl, command, signal),
    async sworkerDelete(cid) {
      const url = `${sworkerServer.apiUrl}/storage/delete`;
      const answer = await request(url, { method: 'POST', body: JSON.stringify({ cid }) });
      await answer.body.dump();
      return answer.statusCode;
    },
    async close() {
      await bot.stop();
      await customers.stop();
      await sworkerServer.close();
      await rm(dir, { recursive: true });
    },
  };
}

function recordRequests(server: SworkerServer, asked: string[]): void {
  server.faults.decide = ({ path }) => {
    asked.push(path);
    return undefined;
  };
}

/** Holds back every request for one of `paths` until `faults.release()`; others go on being recorded. */
export function holdBack(node: SealingNode, ...paths: string[]): void {
  node.sworkerServer.faults.decide = (asked) => {
    node.asked.push(asked.path);
    return paths.includes(asked.path) ? 'delay' : undefined;
  };
}

/** Lets held requests go and holds no more. */
export function letGo(node: SealingNode): void {
  recordRequests(node.sworkerServer, node.asked);
  node.sworkerServer.faults.release();
}

async function rpc(apiUrl: string, command: string, signal?: AbortSignal): Promise<RpcAnswer> {
  const answer = await request(`${apiUrl}/${command}`, { method: 'POST', signal, headersTimeout: 0, bodyTimeout: 0 });
  const text = await answer.body.text();
  const streamError = answer.trailers['x-stream-error'];
  return { status: answer.statusCode, text, streamError: streamError?.toString() };
}
