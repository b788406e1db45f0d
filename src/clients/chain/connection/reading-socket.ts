import { connect, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ReceiveMemory } from './receive-memory.ts';

/** A connection to the host of a `ws:` or `wss:` address whose bytes are read into the given memory. */
export function readingSocket({ protocol, hostname, port }: URL, memory: ReceiveMemory): Socket {
  const isSecure = protocol === 'wss:';
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const options = {
    host,
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
    onread: {
      buffer: () => memory.room(),
      callback: (bytes: number, room: Uint8Array): boolean => {
        memory.received(bytes);
        return socket.push(room.subarray(0, bytes));
      },
    },
  };
  const socket: Socket = isSecure
    ? connectTls({ ...options, servername: isIP(host) === 0 ? host : '' })
    : connect(options);
  return socket;
}
