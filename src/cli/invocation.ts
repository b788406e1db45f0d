/** What a command has of the world: nothing else of the process is touched. */
export interface Invocation {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  /** Aborted by SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
  /** The process is to end with this code soon, even if something does not settle. */
  readonly endSoon: (exitCode: number) => void;
}

export function print(invocation: Invocation, text: string): void {
  invocation.stdout.write(`${text}\n`);
}
