import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { engineOptions } from '../../../src/runtime/engine-options.ts';

/** What a measured process sends back, and its own highest resident memory. */
export interface ChildResult<T> {
  readonly output: T;
  readonly rssMaxMiB: number;
}

/**
 * Runs one measured piece in a process of its own, so that its memory and its caches are nobody else's. The module calls `answer` once.
 * @param module URL of the module, such as `new URL('./scan-child.js', import.meta.url)` (benches run compiled)
 */
export async function runChild<T>(
  module: URL,
  input: unknown,
  signal: AbortSignal,
  nodeOptions: readonly string[] = [],
): Promise<ChildResult<T>> {
  const child = startChild(module, input, nodeOptions);
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  try {
    let result: ChildResult<T> | undefined;
    child.on('message', (message) => (result = message as ChildResult<T>));
    const [code, killedBy] = (await once(child, 'exit')) as [number | null, string | null];
    signal.throwIfAborted();
    if (result === undefined || code !== 0) {
      throw new Error(
        `${fileURLToPath(module)} ended with ${code ?? killedBy} ${result === undefined ? 'and' : 'after'} an answer`,
      );
    }
    return result;
  } finally {
    signal.removeEventListener('abort', stop);
    child.kill('SIGKILL');
  }
}

/** How node is asked to run the bot; what stands for the bot in a bench runs the same way. */
export const botNodeOptions = engineOptions(fileURLToPath(new URL('../../../src/main.js', import.meta.url)));

/** For a process that stays, such as a server: the caller talks to it by messages and ends it. It is given its input as the first argument. */
export function startChild(module: URL, input: unknown, nodeOptions: readonly string[] = []): ChildProcess {
  return fork(fileURLToPath(module), [JSON.stringify(input)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: ['--enable-source-maps', ...nodeOptions],
    serialization: 'json',
  });
}

/** In the child: what it was given. */
export function childInput(): unknown {
  return JSON.parse(process.argv[2] ?? 'null');
}

/** In the child: sends the result and lets the process end. */
export async function answer(output: unknown): Promise<void> {
  const rssMaxMiB = process.resourceUsage().maxRSS / 1024;
  await new Promise<void>((resolve, reject) => {
    process.send?.({ output, rssMaxMiB }, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
  process.disconnect();
}
