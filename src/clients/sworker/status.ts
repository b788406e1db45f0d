import { printable } from '../../lib/printable.ts';
import { statusAnswer } from './schemas.ts';

export interface SworkerStatus {
  /** The HTTP status on most routes, a code of sWorker's own on the seal routes. */
  readonly code: number;
  readonly message: string;
}

/** sWorker's `{status_code, message}`; undefined when the text is anything else, so the answer did not come from a route of sWorker. */
export function statusOf(text: string): SworkerStatus | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not JSON is an answer to the question asked here: it is no status.
    return undefined;
  }
  const result = statusAnswer.safeParse(value);
  if (!result.success) return undefined;
  return { code: result.data.status_code, message: printable(result.data.message ?? '', 200) };
}
