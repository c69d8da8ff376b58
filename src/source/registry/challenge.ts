/* The WWW-Authenticate header: RFC 9110 section 11.6.1, and docker's token authentication.
 */

/** One way in that the server offers. */
export interface Challenge {
  /** Lower case: "bearer", "basic". */
  scheme: string;
  parameters: Record<string, string>;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const parameter = new RegExp(
  `^\\s*,?\\s*(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))`,
);
const scheme = new RegExp(`^\\s*,?\\s*(${token})(?=\\s|$)(?!\\s*=)`);

/** All challenges of a header (several may stand in one). What cannot be understood ends the reading. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  for (let rest = header; rest !== "";) {
    const pair = challenges.length > 0 ? parameter.exec(rest) : null;
    if (pair) {
      const value = pair[2]?.replace(/\\(.)/g, "$1") ?? pair[3]!;
      challenges.at(-1)!.parameters[pair[1]!.toLowerCase()] = value;
      rest = rest.slice(pair[0].length);
      continue;
    }
    const name = scheme.exec(rest);
    if (!name) break;
    challenges.push({ scheme: name[1]!.toLowerCase(), parameters: {} });
    rest = rest.slice(name[0].length);
  }
  return challenges;
}
