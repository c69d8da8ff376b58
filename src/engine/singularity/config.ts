/* The config of an image that is made of one tree, out of what Singularity and Apptainer keep in the tree itself: /.singularity.d.
 */
import { type ByteText, toByteText } from "../../base/mod.ts";
import { type TreeSource } from "../../image/mod.ts";
import { actionScript, actionScriptPath } from "./action_script.ts";
import { defaultPath, type EnvironmentScript, readEnvironment } from "./environment.ts";

const folder = "/.singularity.d";

/** What the image's config is to say. */
export interface TreeSettings {
  env: string[];
  entrypoint: string[];
  cmd: string[];
  labels: Record<string, string>;
  /** The script of the entrypoint, where there is one. */
  script: string | undefined;
}

/** Reads what a tree says about itself. Throws LpmxError. */
export function readSettings(tree: TreeSource, warn: (line: string) => void): TreeSettings {
  const scripts = environmentScripts(tree);
  const env = scripts.length > 0 ? readEnvironment(scripts) : [`PATH=${defaultPath}`];
  const shell = ["/bin/bash", "/bin/sh"].find((path) => tree.isProgram(path));
  const runscript = [`${folder}/runscript`, "/singularity"].find((path) => tree.isProgram(path));
  const command = runscript ?? shell;
  const settings = {
    env,
    cmd: command === undefined ? [] : [command],
    labels: readLabels(tree, warn),
  };
  if (scripts.length > 0 && shell !== undefined) {
    const script = actionScript(shell, env);
    return { ...settings, entrypoint: [actionScriptPath], script };
  }
  if (scripts.length > 0) {
    warn("the image has no /bin/sh: of its environment only what is plainly set is there");
  }
  return { ...settings, entrypoint: [], script: undefined };
}

/** In the order in which they are sourced; images of before Singularity 2.3 have only one. */
function environmentScripts(tree: TreeSource): EnvironmentScript[] {
  const names = tree.names(`${folder}/env`).filter((name) => /^[\w.-]+\.sh$/.test(name));
  const paths = names.length > 0 ? names.map((name) => `${folder}/env/${name}`) : ["/environment"];
  return paths.flatMap((path) => {
    const text = tree.text(path);
    return text === undefined ? [] : [{ name: path.slice(path.lastIndexOf("/") + 1), text }];
  });
}

function readLabels(tree: TreeSource, warn: (line: string) => void): Record<string, string> {
  const text = tree.text(`${folder}/labels.json`);
  if (text === undefined || text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      const known = Object.entries(value).filter(([, label]) =>
        ["string", "number", "boolean"].includes(typeof label)
      );
      return Object.fromEntries(known.map(([name, label]) => [name, String(label)]));
    }
  } catch {
    // Said below: a label that cannot be read is no reason to refuse an image.
  }
  warn(`its labels are left out: ${folder}/labels.json is not a JSON object`);
  return {};
}

/** The entry of the script in a layer of its own. */
export function scriptEntry(size: number) {
  return {
    path: toByteText(actionScriptPath.slice(1)) as ByteText,
    type: "file" as const,
    mode: 0o755,
    uid: 0,
    gid: 0,
    size,
    mtime: 0,
    mtimeNs: 0,
  };
}

/** The image's config as JSON. */
export function configText(
  settings: TreeSettings,
  facts: { architecture: string; created: string | undefined; diffIds: readonly string[] },
): string {
  const { created } = facts;
  const history = facts.diffIds.map((_, layer) => ({
    ...created === undefined ? {} : { created },
    created_by: layer === 0
      ? "lpmx load: the tree of a file system image"
      : "lpmx load: its entrypoint",
  }));
  return JSON.stringify({
    architecture: facts.architecture,
    os: "linux",
    ...created === undefined ? {} : { created },
    config: {
      Env: settings.env,
      Entrypoint: settings.entrypoint.length > 0 ? settings.entrypoint : null,
      Cmd: settings.cmd.length > 0 ? settings.cmd : null,
      Labels: settings.labels,
    },
    rootfs: { type: "layers", diff_ids: facts.diffIds },
    history,
  });
}
