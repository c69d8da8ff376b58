/* The instructions of --change: those of a Dockerfile that docker commit takes, and STOPSIGNAL. Pure.
 *
 * Form: Dockerfile reference. A list in JSON is taken as it is, anything else is for /bin/sh -c; $NAME and ${NAME[:-+]WORD} stand
 * for the image's environment.
 */
import { LpmxError } from "../base/mod.ts";
import { signalNumber } from "../image/mod.ts";
import { type Settings } from "./commit_config.ts";

type Fail = (why: string) => LpmxError;

function addEnv(settings: Settings, rest: string, fail: Fail): void {
  for (const [name, value] of pairs(expand(rest, settings), fail)) {
    const others = (settings.Env ?? []).filter((line) => !line.startsWith(`${name}=`));
    settings.Env = [...others, `${name}=${value}`];
  }
}

function addLabels(settings: Settings, rest: string, fail: Fail): void {
  const added = Object.fromEntries(pairs(expand(rest, settings), fail));
  settings.Labels = { ...settings.Labels, ...added };
}

function addPorts(settings: Settings, rest: string, fail: Fail): void {
  for (const port of words(expand(rest, settings))) {
    const found = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/i.exec(port);
    const [, first = "", last = first, protocol = "tcp"] = found ?? [];
    if (!found || Number(last) > 65535) throw fail(`bad port "${port}"`);
    for (let n = Number(first); n <= Number(last); n++) {
      settings.ExposedPorts = { ...settings.ExposedPorts, [`${n}/${protocol.toLowerCase()}`]: {} };
    }
  }
}

function addVolumes(settings: Settings, rest: string, fail: Fail): void {
  const paths = jsonList(rest) ?? words(expand(rest, settings)).map(unquoted);
  if (paths.some((path) => path === "")) throw fail("a volume needs a path");
  for (const path of paths) settings.Volumes = { ...settings.Volumes, [path]: {} };
}

function setFolder(settings: Settings, rest: string): void {
  const path = unquoted(expand(rest, settings));
  const before = (settings.WorkingDir || "/").replace(/\/$/, "");
  settings.WorkingDir = path.startsWith("/") ? path : `${before}/${path}`;
}

function addTrigger(settings: Settings, rest: string, fail: Fail): void {
  if (/^(onbuild|from|maintainer)\b/i.test(rest)) {
    throw fail("ONBUILD cannot hold this instruction");
  }
  settings.OnBuild = [...settings.OnBuild ?? [], rest];
}

function setStopSignal(settings: Settings, rest: string): void {
  signalNumber(rest);
  settings.StopSignal = rest;
}

const instructions = new Map<string, (settings: Settings, rest: string, fail: Fail) => void>([
  ["CMD", (settings, rest) => settings.Cmd = commandOf(rest)],
  ["ENTRYPOINT", (settings, rest) => settings.Entrypoint = commandOf(rest)],
  ["ENV", addEnv],
  ["EXPOSE", addPorts],
  ["LABEL", addLabels],
  ["ONBUILD", addTrigger],
  ["STOPSIGNAL", setStopSignal],
  ["USER", (settings, rest) => settings.User = unquoted(expand(rest, settings))],
  ["VOLUME", addVolumes],
  ["WORKDIR", setFolder],
]);

/** The settings after all changes. Throws LpmxError("usage"). */
export function applyChanges(before: Settings, changes: readonly string[]): Settings {
  const settings = { ...before };
  const lines = changes.flatMap((change) => change.split("\n")).map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const wordOf = (line: string) => /^\S+/.exec(line)![0].toUpperCase();
  for (const line of lines) {
    const fail = (why: string) =>
      new LpmxError("usage", `invalid --change "${line}": ${why}`, {
        hint: `a change is one of ${[...instructions.keys()].join(", ")} with its arguments`,
      });
    const word = wordOf(line);
    const apply = instructions.get(word);
    if (!apply) throw fail(`${word} is not a valid change command`);
    const rest = line.slice(word.length).trim();
    if (rest === "") throw fail(`${word} requires at least one argument`);
    apply(settings, rest, fail);
  }
  // A new entry point starts without the old command, as in a Dockerfile.
  const said = lines.map(wordOf);
  if (said.includes("ENTRYPOINT") && !said.includes("CMD")) settings.Cmd = null;
  return settings;
}

function jsonList(text: string): string[] | undefined {
  if (!text.startsWith("[")) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    const good = Array.isArray(list) && list.every((word) => typeof word === "string");
    return good ? list : undefined;
  } catch {
    return undefined; // as docker: then it is text
  }
}

function commandOf(text: string): string[] | null {
  const list = jsonList(text);
  if (list) return list.length > 0 ? list : null;
  return ["/bin/sh", "-c", text];
}

/** Words with quotes and backslashes as in a Dockerfile, quotes still in them. */
function words(text: string): string[] {
  return text.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/g) ?? [];
}

function unquoted(word: string): string {
  return word.replace(
    /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g,
    (_, double?: string, single?: string, escaped?: string) =>
      double !== undefined ? double.replace(/\\(["\\$])/g, "$1") : single ?? escaped ?? "",
  );
}

/** NAME=VALUE …, or the old form NAME VALUE. */
function pairs(text: string, fail: Fail): [string, string][] {
  const list = words(text);
  if (!list[0]?.includes("=")) {
    const [, name = "", value] = /^(\S+)\s+([\s\S]*)$/.exec(text) ?? [];
    if (value === undefined) throw fail("it is written NAME=VALUE");
    return [[unquoted(name), unquoted(value)]];
  }
  return list.map((word) => {
    const at = word.indexOf("=");
    if (at <= 0) throw fail(`"${word}" is not written NAME=VALUE`);
    return [unquoted(word.slice(0, at)), unquoted(word.slice(at + 1))];
  });
}

/** Puts the environment's values in; not inside single quotes, and not after a backslash. */
function expand(text: string, { Env = [] }: Settings): string {
  const value = (name: string) =>
    Env.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
  return text.replace(
    /\\.|'[^']*'|\$(\w+)|\$\{(\w+)(?::([-+])([^}]*))?\}/g,
    (whole, bare?: string, braced?: string, sign?: string, word = "") => {
      const name = bare ?? braced;
      if (name === undefined) return whole;
      const found = value(name) ?? "";
      if (sign === "-") return found || word;
      if (sign === "+") return found ? word : "";
      return found;
    },
  );
}
