/** The known name most like `name`, when one is like it at all: by letters, whatever their case, or by the last part of a path. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const sought = name.toLowerCase();
  const furthest = Math.max(2, Math.floor(name.length / 4));
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    const text = candidate.toLowerCase();
    const distance = distanceOf(sought, text, furthest);
    if (best === undefined || distance < best.distance) best = { name: candidate, distance };
  }
  return best !== undefined && best.distance <= furthest ? best.name : undefined;
}

/** `Infinity` where it is beyond `furthest` by the lengths alone: a name may be as long as its file. */
function distanceOf(sought: string, text: string, furthest: number): number {
  if (lastPart(text) === lastPart(sought) && text.includes('.')) return 1;
  return Math.abs(text.length - sought.length) > furthest ? Infinity : editDistance(sought, text);
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/** Letters to insert, delete, replace or swap with their neighbour. */
export function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let distance = Math.min(
        at(above, column) + 1,
        at(current, column - 1) + 1,
        at(above, column - 1) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) distance = Math.min(distance, at(before, column - 2) + 1);
      current.push(distance);
    }
    before = above;
    above = current;
  }
  return at(above, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
