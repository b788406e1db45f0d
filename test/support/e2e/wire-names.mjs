// Loaded into a bot by NODE_OPTIONS=--import. Names that end with .wire.test lead to this machine, but for those that stand in the file which WIRE_NAMES_GONE
// names, one a line: they do not resolve. Everything in Node that opens a connection by a name asks `dns.lookup`, undici, fetch and ws among it.
import dns from 'node:dns';
import { readFileSync } from 'node:fs';

const file = process.env.WIRE_NAMES_GONE;
const system = dns.lookup;

dns.lookup = function lookup(name, ...rest) {
  const callback = rest.at(-1);
  const options = rest.length > 1 && typeof rest[0] === 'object' ? rest[0] : {};
  if (!name.endsWith('.wire.test')) return system.call(dns, name, ...rest);
  const isGone = readFileSync(file, 'utf8').split('\n').includes(name);
  process.nextTick(() => {
    if (isGone) callback(notFound(name));
    else if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
    else callback(null, '127.0.0.1', 4);
  });
  return {};
};

/** What the system's own look-up fails with. */
function notFound(hostname) {
  const [code, syscall] = ['ENOTFOUND', 'getaddrinfo'];
  return Object.assign(new Error(`${syscall} ${code} ${hostname}`), { errno: -3008, code, syscall, hostname });
}
