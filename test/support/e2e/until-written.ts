import { once } from 'node:events';
import { watch } from 'node:fs';

/** Looks whether something is so, now and whenever anything in a folder has changed; false when it has not come in time. */
export async function untilWritten(folder: string, isSo: () => Promise<boolean>, patienceMs: number): Promise<boolean> {
  const timeout = AbortSignal.timeout(patienceMs);
  const watcher = watch(folder);
  try {
    for (;;) {
      // Listened for before the look, which takes its time.
      const change = once(watcher, 'change', { signal: timeout }).then(
        () => true,
        () => false,
      );
      if (await isSo()) return true;
      if (!(await change)) return false;
    }
  } finally {
    watcher.close();
  }
}
