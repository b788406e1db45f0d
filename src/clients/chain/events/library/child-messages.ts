import { Undecodable } from '../../scale/undecodable.ts';
import type { DecodingLibrary } from './decoding-library.ts';

type Method = Exclude<keyof DecodingLibrary, 'close'>;

export type Question = {
  [Name in Method]: { readonly method: Name; readonly args: Readonly<Parameters<DecodingLibrary[Name]>> };
}[Method];

export interface ChildQuestion {
  readonly id: number;
  readonly question: Question;
}

/** Processes exchange plain data only: errors go as what they are made of. */
export type ChildAnswer = { readonly id: number } & (
  | { readonly value: unknown }
  | { readonly undecodable: { readonly field: string; readonly problem: string; readonly came: string } }
  | { readonly defect: string }
);

export async function answerOf(library: DecodingLibrary, { id, question }: ChildQuestion): Promise<ChildAnswer> {
  const { method, args } = question;
  try {
    // Which arguments belong to which method is lost where the method is one of several.
    const call = library[method].bind(library) as (...own: readonly unknown[]) => Promise<unknown>;
    return { id, value: await call(...args) };
  } catch (error) {
    if (error instanceof Undecodable) {
      const { field, problem, came } = error;
      return { id, undecodable: { field, problem, came } };
    }
    return { id, defect: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** What was answered; throws what was thrown. */
export function valueOf(answer: ChildAnswer): unknown {
  if ('value' in answer) return answer.value;
  if ('defect' in answer) throw new Error(`the decoding process failed: ${answer.defect}`);
  const { field, problem, came } = answer.undecodable;
  throw new Undecodable(field, problem, came);
}
