import type { Terminal } from '../runtime/foot-line.ts';

/** What a command has of the world: nothing else of the process is touched. */
export interface Invocation {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly stdout: Terminal;
  readonly stderr: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  /** Options of the engine that the program counts on and was started without. */
  readonly missingEngineOptions: readonly string[];
  /** Told of texts that must not be printed even when the process ends by a defect. */
  readonly keepSecret: (secrets: readonly string[]) => void;
  /** Aborted by SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
  /** The process is to end with this code soon, even if something does not settle. */
  readonly endSoon: (exitCode: number) => void;
}

export function print(invocation: Invocation, text: string): void {
  invocation.stdout.write(`${text}\n`);
}
