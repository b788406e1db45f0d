const { port1: nowhere, port2 } = new MessageChannel();
nowhere.close();
port2.close();

/** Smaller memory is shared with other buffers or soon reused anyway. */
const LEAST_BYTES = 256 * 1024;

/**
 * Gives the memory of a large buffer back now and not when the garbage collector comes to it; the buffer is empty afterwards. Memory that is handed
 * over to a port goes, by HTML's rules for structured data, also when nobody is at the other end. (`ArrayBuffer.prototype.transfer` is not in Node 20.)
 */
export function letGo(bytes: Buffer): void {
  const { buffer } = bytes;
  // Part of something larger: somebody else's.
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength < LEAST_BYTES || buffer.byteLength !== bytes.byteLength)
    return;
  nowhere.postMessage(undefined, [buffer]);
}
