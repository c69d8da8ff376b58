/* Guessing what a mistyped word meant. No I/O; imports nothing.
 */

/**
 * The name that a mistyped word is nearest to by Levenshtein's distance; undefined when none is near enough: a letter wrong in a short
 * word, up to a third of a longer one's.
 */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const found = names.map((name) => [distance(word, name), name] as const)
    .sort(([x], [y]) => x - y)[0];
  const most = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
  return found && found[0] <= most ? found[1] : undefined;
}

function distance(x: string, y: string): number {
  let row = Array.from({ length: y.length + 1 }, (_, at) => at);
  for (let i = 1; i <= x.length; i++) {
    const next = [i];
    for (let j = 1; j <= y.length; j++) {
      const replace = row[j - 1]! + (x[i - 1] === y[j - 1] ? 0 : 1);
      next.push(Math.min(replace, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[y.length]!;
}
