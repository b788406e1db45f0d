/** An error as JSON-RPC answers it. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: string | undefined;

  constructor(code: number, message: string, data?: string) {
    super(message);
    this.name = 'RpcError';
    this.code = code;
    this.data = data;
  }

  toJSON() {
    return { code: this.code, message: this.message, data: this.data };
  }
}

export function methodNotFound(): RpcError {
  return new RpcError(-32601, 'Method not found');
}

export function invalidParams(reason: string): RpcError {
  return new RpcError(-32602, `Invalid params: ${reason}`);
}

/**
 * How a node says that it has no state for a block. Nodes of Crust's generation (Substrate 3) hide the reason in the
 * data of an internal error; later Substrate nodes answer 4003 with the reason as message.
 */
export type StateErrorStyle = 'current' | 'substrate-3';

function stateError(reason: string, style: StateErrorStyle): RpcError {
  if (style === 'current') return new RpcError(4003, `Client error: UnknownBlock: ${reason}`);
  return new RpcError(-32603, 'Unknown error occurred', `Client(UnknownBlock("${reason}"))`);
}

export function stateDiscarded(hash: string, style: StateErrorStyle): RpcError {
  return stateError(`State already discarded for BlockId::Hash(${hash})`, style);
}

export function unknownBlock(hash: string, style: StateErrorStyle): RpcError {
  return stateError(`Header was not found in the database: BlockId::Hash(${hash})`, style);
}
