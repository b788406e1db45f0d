/** Root reads a closed file all the same. */
export async function asNobody(work: () => Promise<void>): Promise<void> {
  const own = process.geteuid?.();
  if (own === 0) process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    if (own === 0) process.seteuid?.(own);
  }
}
