/** A runner such as tsx passes on the signal that a terminal has sent to the whole group anyway: the copy is not a second one. */
const SAME_SIGNAL_MS = 1000;

/** Ends the process in good order on SIGINT or SIGTERM, with the exit code a shell gives to it; a second one does not wait. */
export function stopOnSignals(stop: () => Promise<void>): void {
  let stoppingSinceMs: number | undefined;
  const codes = { SIGINT: 130, SIGTERM: 143 } as const;
  for (const [signal, code] of Object.entries(codes)) {
    process.on(signal, () => {
      if (stoppingSinceMs !== undefined) {
        if (performance.now() - stoppingSinceMs > SAME_SIGNAL_MS) process.exit(code);
        return;
      }
      stoppingSinceMs = performance.now();
      stop().then(
        () => process.exit(code),
        (error: unknown) => {
          process.stderr.write(`${String(error)}\n`);
          process.exit(1);
        },
      );
    });
  }
}
