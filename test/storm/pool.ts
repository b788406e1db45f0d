import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Result, Task } from './storm-child.ts';

const childFile = new URL('./storm-child.ts', import.meta.url);
/** Databases that live for seconds need no disk. */
const memoryDir = '/dev/shm';

/** What the connection pools of dead bots keep, some megabytes a history, ends with the process. */
const historiesAChild = 75;
/** Statements run one at a time, so that one thread is enough for them: each further one costs time. So does collecting garbage with several. */
const oneThread = { UV_THREADPOOL_SIZE: '1' };
const oneThreadOptions = ['--single-threaded-gc', '--max-semi-space-size=16'];

/** Carries the tasks out in so many processes at once; what comes first is told first. Rejects when a process ends before it has answered. */
export async function runTasks(
  tasks: Iterator<Task>,
  processes: number,
  onResult: (result: Result) => void,
): Promise<void> {
  await Promise.all(
    Array.from({ length: processes }, async () => {
      while (await runChild(tasks, onResult));
    }),
  );
}

/** False when there are no more tasks. */
async function runChild(tasks: Iterator<Task>, onResult: (result: Result) => void): Promise<boolean> {
  const env = { ...process.env, ...oneThread, ...(existsSync(memoryDir) ? { TMPDIR: memoryDir } : {}) };
  const child = fork(childFile, { env, execArgv: [...process.execArgv, ...oneThreadOptions] });
  try {
    for (let told = 0; told < historiesAChild; told += 1) {
      const next = tasks.next();
      if (next.done === true) return false;
      child.send(next.value);
      onResult(await answerOf(child, next.value));
    }
    return true;
  } finally {
    child.kill();
  }
}

async function answerOf(child: ChildProcess, { seed }: Task): Promise<Result> {
  const stop = new AbortController();
  try {
    const { signal } = stop;
    const ended = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`the process that told the history of seed ${seed} ended with ${code}`);
    });
    const [result] = await Promise.race([once(child, 'message', { signal }), ended]);
    return result as Result;
  } finally {
    stop.abort();
  }
}
