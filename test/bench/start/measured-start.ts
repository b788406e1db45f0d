import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { guardChild } from '../../../devnet/world/guard-child.ts';

export interface MeasuredStart {
  readonly child: ChildProcess;
  /** From before the process was made until its line `Ready` was read, by the same clock. */
  readonly readyMs: number;
  /** The messages of all lines so far, in order. */
  readonly messages: readonly string[];
}

/** Starts node on a script as an operator does, and waits for its line `Ready`. */
export async function measuredStart(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<MeasuredStart> {
  const messages: string[] = [];
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...args], {
    env: { ...process.env, LOG_FORMAT: 'json', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
  });
  guardChild(child);
  const readyMs = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code} before it was ready`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { message } = JSON.parse(line) as { message: string };
      messages.push(message);
      if (message === 'Ready') resolve(performance.now() - startedMs);
    });
  });
  return { child, readyMs, messages };
}

/** Resident memory after so long at rest, and the highest so far, MiB. */
export async function restingMemory(
  child: ChildProcess,
  settleMs: number,
  signal: AbortSignal,
): Promise<{ readonly idleMiB: number; readonly peakMiB: number; readonly readyMiB: number }> {
  const readyMiB = await statusMiB(child, 'VmRSS');
  await delay(settleMs, undefined, { signal });
  return { readyMiB, idleMiB: await statusMiB(child, 'VmRSS'), peakMiB: await statusMiB(child, 'VmHWM') };
}

async function statusMiB(child: ChildProcess, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kib === undefined) throw new Error(`no ${field} of process ${child.pid}`);
  return Number(kib) / 1024;
}

/** SIGTERM, and its exit code. */
export async function stopped(child: ChildProcess): Promise<number | null> {
  const exited = once(child, 'exit') as Promise<[number | null]>;
  child.kill('SIGTERM');
  return (await exited)[0];
}
