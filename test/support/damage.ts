const pageBytes = 4096;
const ptrmapEntryBytes = 5;
/** Entries of a pointer map: SQLite's file format, section 1.7. */
const mapTypes: Readonly<Record<number, 'root' | 'free' | 'overflow' | 'tree'>> = {
  1: 'root',
  2: 'free',
  3: 'overflow',
  4: 'overflow',
  5: 'tree',
};
/** The first byte of a page of a b-tree: section 1.6. */
const treeTypes: Readonly<Record<number, PageKind>> = {
  2: 'index interior',
  5: 'table interior',
  10: 'index leaf',
  13: 'table leaf',
};

export const pageKinds = [
  'table leaf',
  'table interior',
  'index leaf',
  'index interior',
  'overflow',
  'freelist trunk',
  'pointer map',
] as const;
export type PageKind = (typeof pageKinds)[number];

/** The numbers of all pages of each kind in a database file with `auto_vacuum` and pages of 4 KiB. The pages from the second on. */
export function pagesByKind(file: Buffer): ReadonlyMap<PageKind, readonly number[]> {
  const pages = new Map<PageKind, number[]>(pageKinds.map((kind) => [kind, []]));
  const usable = pageBytes - file.readUInt8(20);
  const perMap = Math.floor(usable / ptrmapEntryBytes) + 1;
  const count = file.length / pageBytes;
  for (let page = 2; page <= count; page += 1) {
    const mapPage = Math.floor((page - 2) / perMap) * perMap + 2;
    const kind = page === mapPage ? 'pointer map' : kindOf(file, page, mapPage);
    if (kind !== undefined) pages.get(kind)?.push(page);
  }
  const trunk = file.readUInt32BE(32);
  if (trunk > 0) pages.get('freelist trunk')?.push(trunk);
  return pages;
}

function kindOf(file: Buffer, page: number, mapPage: number): PageKind | undefined {
  const entry = (mapPage - 1) * pageBytes + (page - mapPage - 1) * ptrmapEntryBytes;
  const type = mapTypes[file.readUInt8(entry)];
  if (type === 'free') return undefined;
  return type === 'overflow' ? 'overflow' : treeTypes[file.readUInt8((page - 1) * pageBytes)];
}

/** Flips every bit of so many bytes of a page. */
export function flip(file: Buffer, page: number, { from = 0, bytes = 8 } = {}): Buffer {
  const damaged = Buffer.from(file);
  const start = (page - 1) * pageBytes + from;
  for (let at = start; at < start + bytes; at += 1) damaged.writeUInt8(damaged.readUInt8(at) ^ 0xff, at);
  return damaged;
}
