import { SmError } from '../../../src/domain/errors.ts';
import { Undecodable } from '../../../src/clients/chain/scale/undecodable.ts';
import { Finding } from './finding.ts';
import { JudgedLog, mustBePlain } from './terminal.ts';

export type Outcome<T> = { readonly value: T; readonly error?: undefined } | { readonly error: SmError };

const log = new JudgedLog();
const namesPlace = /_BAD_ANSWER$|^CHAIN_UNDECODABLE$/;

/** What came of reading hostile input: a value, or an error with a code that is fit to be shown and tells where the input came from. */
export async function outcomeOf<T>(work: () => Promise<T> | T): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof Finding) throw error;
    if (!(error instanceof SmError)) throw withoutCode(error);
    judgeError(error);
    return { error };
  }
}

/** The same of a reader below the place where its errors get their codes. */
export function readOrRefused<T>(read: () => T): T | Undecodable | SmError {
  try {
    return read();
  } catch (error) {
    if (error instanceof Undecodable) return error;
    if (!(error instanceof SmError)) throw withoutCode(error);
    judgeError(error);
    return error;
  }
}

export function isRefusal(outcome: unknown): outcome is Undecodable | SmError {
  return outcome instanceof Undecodable || outcome instanceof SmError;
}

export function judgeError(error: SmError): void {
  mustBePlain(`the message of ${error.code}`, error.message);
  for (const [name, value] of Object.entries(error.data))
    mustBePlain(`${name} of ${error.code}`, String(value).replaceAll('\n', '\u0000'));
  if (namesPlace.test(error.code)) {
    for (const name of ['endPoint', 'field']) {
      if (typeof error.data[name] !== 'string') throw new Finding(`${error.code} without ${name}: ${error.message}`);
    }
  }
  log.logger.warn('what an operator reads', error.data, error);
  log.judge();
}

function withoutCode(error: unknown): Finding {
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Finding(`an error without a code: ${told.slice(0, 2000)}`, { cause: error });
}

export function mustEqual(what: string, found: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  if (left !== right) throw new Finding(`${what}: ${cut(left)} instead of ${cut(right)}`);
}

function cut(text: string | undefined): string {
  return (text ?? 'nothing').slice(0, 500);
}
