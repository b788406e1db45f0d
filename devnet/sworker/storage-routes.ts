import type { FileBook } from './files.ts';
import type { SealAnswer, SealDesk } from './seal-desk.ts';
import {
  json,
  sealCodes,
  statusMessage,
  type SworkerRequest,
  type SworkerResponse,
  upgradeTexts,
  type UpgradePhase,
} from './wire.ts';

const sealTexts: Readonly<Record<number, string>> = {
  [sealCodes.ok]: 'Operation successful!',
  [sealCodes.fileLimit]: 'File number exceeds the limit.',
  [sealCodes.notPending]: 'File is not being sealed.',
  [sealCodes.alreadySealed]: 'File is already sealed.',
  [sealCodes.alreadySealing]: 'File is being sealed.',
  [sealCodes.beingDeleted]: 'File is being deleted.',
  [sealCodes.noSpace]: 'No space to seal the file.',
  [sealCodes.incomplete]: 'File is incomplete.',
  [sealCodes.upgrading]: 'Enclave is upgrading.',
};

function sealResponse(answer: SealAnswer): SworkerResponse {
  if (answer.httpStatus === 501) return statusMessage(501, upgradeTexts.gate);
  if (answer.path !== undefined) return json(200, { path: answer.path, status_code: answer.code });
  return statusMessage(answer.httpStatus, sealTexts[answer.code] ?? 'Unknown error.', answer.code);
}

/** The named string fields of a JSON body; undefined when it is no JSON or one of them is missing. */
function stringFields<Name extends string>(body: Uint8Array, ...names: Name[]): Record<Name, string> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const fields = new Map(Object.entries(parsed));
  const found = names.map((name) => [name, fields.get(name)] as const);
  return found.every(([, value]) => typeof value === 'string' && value !== '')
    ? (Object.fromEntries(found) as Record<Name, string>)
    : undefined;
}

const badParameter = () => statusMessage(400, 'Bad parameter! Need string parameters in a JSON body');

export function sealStart(seals: SealDesk, request: SworkerRequest): SworkerResponse {
  const fields = stringFields(request.body, 'cid', 'cid_b58');
  return fields === undefined ? badParameter() : sealResponse(seals.start(fields.cid));
}

export function seal(seals: SealDesk, request: SworkerRequest): SworkerResponse {
  const cid = request.query.get('cid');
  if (cid === undefined || !request.query.has('new_block')) return badParameter();
  return sealResponse(seals.block(cid, request.body));
}

export function sealEnd(seals: SealDesk, request: SworkerRequest): SworkerResponse {
  const fields = stringFields(request.body, 'cid');
  return fields === undefined ? badParameter() : sealResponse(seals.end(fields.cid));
}

export interface DeleteParts {
  readonly files: FileBook;
  readonly seals: SealDesk;
  readonly freeDisk: (diskIndex: number, bytes: number) => void;
  readonly unpin: (cid: string) => Promise<void>;
  readonly upgrade: UpgradePhase;
}

/** Forgets the file first, then asks IPFS to unpin it, however long that takes, and answers last. */
export async function storageDelete(parts: DeleteParts, request: SworkerRequest): Promise<SworkerResponse> {
  const cid = stringFields(request.body, 'cid')?.cid;
  if (cid === undefined) return badParameter();
  if (parts.upgrade === 'process') return statusMessage(501, upgradeTexts.gate);
  if (parts.upgrade === 'enclave')
    return statusMessage(503, `Deleting file '${cid}' stopped: the enclave is upgrading`);
  const deleted = statusMessage(200, `Deleting file '${cid}' successfully`);
  if (parts.files.isBeingDeleted(cid)) return deleted;
  const pending = parts.files.pending.get(cid);
  const held = parts.files.find(cid);
  if (pending === undefined && held === undefined) {
    return statusMessage(404, `File '${cid}' is not existed in sworker`);
  }
  if (pending !== undefined) parts.seals.drop(pending);
  if (held !== undefined) {
    parts.freeDisk(held.diskIndex, held.sealedSizeBytes);
    // A lost file whose loss the chain already knows leaves nothing to report.
    if (held.state === 'lost' && !held.reported) parts.files.held.delete(cid);
    else held.state = 'deleted';
  }
  await parts.unpin(cid);
  return deleted;
}
