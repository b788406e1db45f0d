import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { startChild } from '../harness/child.ts';

interface Question {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}

interface Reply {
  readonly id: number;
  readonly output?: unknown;
  readonly error?: string;
}

/** A process that stays and answers named questions of the one that started it. */
export class ServedChild {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (output: unknown) => void; reject: (error: Error) => void }>();
  #questions = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (message) => this.#hear(message as Reply));
    child.once('exit', (code, signal) => this.#fail(`a process of the bench ended by itself (${signal ?? code})`));
    child.once('error', (error) => this.#fail(error.message));
  }

  static start(module: URL, input: unknown, nodeOptions: readonly string[] = []): ServedChild {
    return new ServedChild(startChild(module, input, nodeOptions));
  }

  /** Rejects with the child's own words, or when it ends. */
  async ask<T>(name: string, input: unknown = null): Promise<T> {
    const id = (this.#questions += 1);
    return await new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: (output) => resolve(output as T), reject });
      this.#child.send({ id, name, input } satisfies Question);
    });
  }

  /** Whoever waits for an answer is told. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }

  #hear(reply: Reply): void {
    const waiter = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.error === undefined) waiter?.resolve(reply.output);
    else waiter?.reject(new Error(reply.error));
  }

  #fail(message: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(message));
    this.#waiting.clear();
  }
}

export type Answers = Readonly<Record<string, (input: never) => unknown>>;

/** In the child: answers until the parent is gone. */
export function serve(answers: Answers): void {
  process.on('message', (message) => void reply(answers, message as Question));
  process.once('disconnect', () => process.exit(0));
}

async function reply(answers: Answers, { id, name, input }: Question): Promise<void> {
  const send = (what: Omit<Reply, 'id'>): void => void process.send?.({ id, ...what });
  try {
    const answer = answers[name];
    if (answer === undefined) throw new Error(`nobody answers ${name}`);
    send({ output: (await answer(input as never)) ?? null });
  } catch (error) {
    send({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
