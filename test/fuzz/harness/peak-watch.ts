import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { KIB } from '../../../src/domain/units.ts';

const lookMs = 5;

/** The most memory that any of the watched processes took: the machine keeps it of each, and forgets it with the process. */
export class PeakWatch {
  peakBytes = 0;

  watch(child: ChildProcess): ChildProcess {
    const timer = setInterval(() => this.#look(child), lookMs);
    child.once('exit', () => clearInterval(timer));
    return child;
  }

  #look({ pid }: ChildProcess): void {
    const peakKib = Number(/^VmHWM:\s+(\d+) kB$/mu.exec(statusOf(pid))?.[1] ?? 0);
    this.peakBytes = Math.max(this.peakBytes, peakKib * KIB);
  }
}

/** Empty once the process is gone. */
function statusOf(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return '';
  }
}
