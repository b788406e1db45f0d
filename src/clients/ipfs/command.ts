import type { Call } from '../http/service.ts';

/** A command of the daemon's RPC with its options: `repo/stat?size-only=true`. */
export function command(name: string): Call {
  return { method: 'POST', path: `/api/v0/${name}` };
}
