import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Ends a child process with this one, however this one ends, also by SIGKILL: a shell waits for the end of a pipe that only this process holds
 * open. Without a shell of that kind the child is merely not guarded.
 */
export function guardChild(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined || process.platform === 'win32') return;
  // Detached: an interrupt from the terminal must not end the guard before what it guards.
  const guard = spawn('/bin/sh', ['-c', `read -r _; kill -9 ${pid} 2>/dev/null`], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  void Promise.race([once(child, 'exit'), once(guard, 'exit')]).then(
    () => guard.kill('SIGKILL'),
    () => guard.kill('SIGKILL'),
  );
}
