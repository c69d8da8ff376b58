// The small language of expected output: [WILDCARD] stands for anything, [WILDLINE] for anything on one line, [DIGEST] for a
// sha256 digest, [HINT] for the line with advice that may follow an error; all else is literal. Lines of the form "[# text]" are comments. Pure; used by the runner.

const PIECES: Record<string, string> = {
  "[WILDCARD]": "[\\s\\S]*",
  "[WILDLINE]": "[^\\n]*",
  "[DIGEST]": "sha256:[0-9a-f]{64}",
  "[HINT]": "(?:hint: [^\\n]+\\n)?",
};

/** Whether `text` has the form that `pattern` describes. */
export function matches(pattern: string, text: string): boolean {
  const bare = pattern.replace(/^\[#.*\]\n?/gm, "");
  const parts = bare.split(/(\[WILDCARD\]|\[WILDLINE\]|\[DIGEST\]|\[HINT\])/);
  const source = parts.map((part) => PIECES[part] ?? part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("");
  return new RegExp(`^${source}$`).test(text);
}
