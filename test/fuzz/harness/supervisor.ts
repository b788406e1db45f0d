import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Message, Order } from '../worker.ts';
import type { Checked, Target } from './target.ts';

/** For the worker's own start and for making a failure smaller. */
const patienceMs = 30_000;

/** Has inputs judged in another process, which is given up and started anew when it hangs or dies. */
export class Supervisor {
  #worker: ChildProcess | undefined;

  async check({ name, maxRunMs }: Target, order: Omit<Order, 'name'>): Promise<Checked> {
    const worker = (this.#worker ??= fork(fileURLToPath(new URL('../worker.ts', import.meta.url))));
    return await new Promise<Checked>((resolve) => {
      let last = { seed: order.seed, run: 0 };
      const settle = (checked: Checked): void => {
        clearTimeout(watch);
        worker.removeAllListeners('message').removeAllListeners('exit');
        resolve(checked);
      };
      const lose = (reason: string): void => {
        worker.kill('SIGKILL');
        this.#worker = undefined;
        const failure = { reason, input: 'not made smaller', seed: last.seed, path: String(last.run) };
        settle({ runs: last.run, failure });
      };
      const watched = (): NodeJS.Timeout => setTimeout(() => lose('it hangs'), maxRunMs + patienceMs);
      let watch = watched();
      worker.on('message', (message: Message) => {
        clearTimeout(watch);
        if (message.kind === 'checked') {
          settle(message.checked);
          return;
        }
        last = message;
        watch = watched();
      });
      worker.on('exit', (code, signal) => lose(`the process ended by ${String(code ?? signal)}`));
      worker.send({ name, ...order } satisfies Order);
    });
  }

  close(): void {
    this.#worker?.kill();
  }
}
