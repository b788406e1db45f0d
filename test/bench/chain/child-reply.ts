import type { ChildProcess } from 'node:child_process';

/** The next message of a process that stays; rejects when it ends instead. */
export async function nextReply<T>(child: ChildProcess, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return await new Promise<T>((resolve, reject) => {
    const settle = (finish: () => void): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      signal.removeEventListener('abort', onAbort);
      finish();
    };
    const onMessage = (message: unknown): void => settle(() => resolve(message as T));
    const onExit = (code: number | null): void =>
      settle(() => reject(new Error(`a process of the bench ended with ${String(code)} instead of an answer`)));
    const onAbort = (): void => settle(() => reject(signal.reason));
    child.on('message', onMessage);
    child.on('exit', onExit);
    signal.addEventListener('abort', onAbort);
  });
}
