import { readFileSync, writeFileSync } from 'node:fs';

/** Sets this process's memory peak back to what it takes now. */
export function forgetPeak(): void {
  writeFileSync('/proc/self/clear_refs', '5');
}

/** Resident memory now, and at its highest since the peak was forgotten. */
export function residentMiB(): { readonly now: number; readonly peak: number } {
  const status = readFileSync('/proc/self/status', 'latin1');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { now: field('VmRSS'), peak: field('VmHWM') };
}
