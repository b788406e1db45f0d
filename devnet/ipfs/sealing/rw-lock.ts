import partition from 'lodash/partition.js';

type Release = () => void;

interface Waiter {
  readonly kind: 'read' | 'write';
  readonly grant: () => void;
}

/**
 * Many readers or one writer, first come first served: a writer that waits for running readers holds every later reader back.
 * This is what makes one `repo/gc` behind an hour-long pin stall a whole IPFS daemon.
 */
export class RwLock {
  private readers = 0;
  private writing = false;
  private queue: Waiter[] = [];
  private watchers: { count: number; resolve: () => void }[] = [];

  /** Resolves to a function that gives the lock back; rejects with the signal's reason when aborted before. */
  read(signal?: AbortSignal): Promise<Release> {
    return this.acquire('read', signal);
  }

  write(signal?: AbortSignal): Promise<Release> {
    return this.acquire('write', signal);
  }

  /** Resolves as soon as this many wait for the lock. */
  untilWaiting(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.watchers.push({ count, resolve });
      this.tellWatchers();
    });
  }

  private acquire(kind: Waiter['kind'], signal: AbortSignal | undefined): Promise<Release> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = () => {
        this.queue = this.queue.filter((entry) => entry !== waiter);
        reject(signal?.reason as Error);
        this.grantNext();
      };
      const waiter: Waiter = {
        kind,
        grant: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve(this.releaser(kind));
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.queue.push(waiter);
      this.grantNext();
      this.tellWatchers();
    });
  }

  private releaser(kind: Waiter['kind']): Release {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      if (kind === 'read') this.readers -= 1;
      else this.writing = false;
      this.grantNext();
    };
  }

  private tellWatchers(): void {
    const [reached, rest] = partition(this.watchers, (watcher) => this.queue.length >= watcher.count);
    this.watchers = rest;
    for (const watcher of reached) watcher.resolve();
  }

  private grantNext(): void {
    for (let next = this.queue[0]; next !== undefined; next = this.queue[0]) {
      if (this.writing || (next.kind === 'write' && this.readers > 0)) return;
      this.queue.shift();
      if (next.kind === 'read') this.readers += 1;
      else this.writing = true;
      next.grant();
    }
  }
}
