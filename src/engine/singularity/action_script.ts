/* The script that a container of a Singularity image starts by: it sets up the environment as apptainer does, then runs the command.
 *
 * Source: apptainer internal/pkg/util/fs/files/action_script.sh. As there, what the user gives wins over what the image sets.
 */
import { defaultPath } from "./environment.ts";

/** Where it lies in the image. */
export const actionScriptPath = "/.singularity.d/lpmx";

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The script for an image. `env` is the config's: a variable that still has the config's value was given by nobody. */
export function actionScript(shell: string, env: readonly string[]): string {
  const clear = env.map((line) => {
    const [name = "", value = ""] = line.split(/=(.*)/s);
    return `[ "\${${name}-}" = ${quote(value)} ] && unset ${name}`;
  });
  return [
    `#!${shell}`,
    "# Added by lpmx: the image's environment, then the command. Variables that the user gives win.",
    ...clear,
    "lpmx_given=$(export -p)",
    `PATH=${defaultPath}`,
    "export PATH",
    "if [ -d /.singularity.d/env ]; then",
    "  for lpmx_script in /.singularity.d/env/*.sh; do",
    '    [ ! -f "$lpmx_script" ] || . "$lpmx_script"',
    "    case ${lpmx_script##*/} in 10-docker*)",
    `      for lpmx_part in ${defaultPath.replaceAll(":", " ")}; do`,
    '        case ":$PATH:" in *":$lpmx_part:"*) ;; *) PATH=$PATH:$lpmx_part ;; esac',
    "      done",
    "      ;;",
    "    esac",
    "  done",
    "elif [ -f /environment ]; then",
    "  . /environment",
    "fi",
    'eval "$lpmx_given"',
    "unset lpmx_given lpmx_script lpmx_part",
    'exec "$@"',
    "",
  ].join("\n");
}
