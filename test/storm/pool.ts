import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Result, Task } from './storm-child.ts';

const childFile = new URL('./storm-child.ts', import.meta.url);
/** Databases that live for seconds need no disk. */
const memoryDir = '/dev/shm';

/** Carries the tasks out in so many processes at once; what comes first is told first. Rejects when a process ends before it has answered. */
export async function runTasks(
  tasks: Iterator<Task>,
  processes: number,
  onResult: (result: Result) => void,
): Promise<void> {
  await Promise.all(Array.from({ length: processes }, async () => await runChild(tasks, onResult)));
}

/** Statements run one at a time, so that one thread is enough for them: each further one costs time. So does collecting garbage with several. */
const oneThread = { UV_THREADPOOL_SIZE: '1' };
const oneThreadOptions = ['--single-threaded-gc', '--max-semi-space-size=16'];

async function runChild(tasks: Iterator<Task>, onResult: (result: Result) => void): Promise<void> {
  const env = { ...process.env, ...oneThread, ...(existsSync(memoryDir) ? { TMPDIR: memoryDir } : {}) };
  const child = fork(childFile, { env, execArgv: [...process.execArgv, ...oneThreadOptions] });
  try {
    for (let next = tasks.next(); next.done !== true; next = tasks.next()) {
      child.send(next.value);
      onResult(await answerOf(child, next.value));
    }
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
