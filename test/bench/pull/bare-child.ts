import { Pool } from 'undici';
import { serve } from './served.ts';
import type { OrderedFile, PulledFiles } from './ordered-file.ts';

export interface BareRun {
  readonly ipfsUrl: string;
  readonly files: readonly OrderedFile[];
  readonly concurrency: number;
}

/** `pin/add` as the bot asks for it, and nothing else. */
async function pinAll({ ipfsUrl, files, concurrency }: BareRun): Promise<PulledFiles> {
  const { origin, pathname } = new URL(ipfsUrl);
  const pool = new Pool(origin, { connections: concurrency, headersTimeout: 0, bodyTimeout: 0 });
  const pin = async (cid: string): Promise<void> => {
    const path = `${pathname}/pin/add?arg=${cid}&recursive=true&progress=true`;
    const { statusCode, body } = await pool.request({ method: 'POST', path });
    const text = await body.text();
    if (statusCode !== 200 || !text.includes(`{"Pins":["${cid}"]}`)) throw new Error(`pin/add ${cid}: ${text}`);
  };
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let file = files[next++]; file !== undefined; file = files[next++]) await pin(file.cid);
  };
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  await Promise.all(Array.from({ length: concurrency }, async () => await worker()));
  const { user, system } = process.cpuUsage(startedCpu);
  const elapsedMs = performance.now() - startedMs;
  await pool.close();
  return { elapsedMs, cpuMs: (user + system) / 1000, allCpuMs: null };
}

serve({ pinAll });
