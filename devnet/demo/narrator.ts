/** Tells a person what happens, each line with the seconds since the beginning. */
export class Narrator {
  readonly #startedMs = performance.now();

  chapter(title: string): void {
    this.#write(`\n── ${title} ${'─'.repeat(Math.max(3, 90 - title.length))}`);
  }

  say(text: string): void {
    const seconds = Math.round((performance.now() - this.#startedMs) / 1000);
    this.#write(`${String(seconds).padStart(4)} s  ${text}`);
  }

  /** Lines that belong to what was said last. */
  detail(...lines: readonly string[]): void {
    for (const line of lines) this.#write(`        ${line}`);
  }

  #write(line: string): void {
    process.stdout.write(`${line}\n`);
  }
}

/** "denied 12, dice 25" */
export function countsText(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
}

export function mebibytes(sizeBytes: number): string {
  return `${(sizeBytes / 1024 ** 2).toFixed(1)} MiB`;
}
