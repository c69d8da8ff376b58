import assert from "node:assert/strict";
import { inTempFolder, runSync } from "../../host/testing.ts";
import { actionScript } from "./action_script.ts";
import { defaultPath, readEnvironment } from "./environment.ts";

/** What one script sets, without PATH where that is the usual one. */
function read(text: string, name = "90-environment.sh"): string[] {
  return readEnvironment([{ name, text }]).filter((line) => line !== `PATH=${defaultPath}`);
}

const simple: [script: string, env: string[]][] = [
  ["export A=b", ["A=b"]],
  ["A=b\nexport A", ["A=b"]],
  ["A=b", []],
  ["  export A=b B='c d' # and more\n\n#export C=d\n", ["A=b", "B=c d"]],
  ['A="x y"; export A; export B="<$A> ${A} \\$A \\"q\\" \\n"', ["A=x y", 'B=<x y> x y $A "q" \\n']],
  ["export A='it'\\''s' B=a\\ b", ["A=it's", "B=a b"]],
  ['export A="${A:-"da \\$ta"}" B="${A-other}" C=${NO:-x}${NO}', ["A=da $ta", "B=other", "C=x"]],
  ["A=1 B=$A; export A B; C=2 env >/dev/null; D=3 true; export D", ["A=1", "B=1"]],
  ["export A=1 B=2; unset A", ["B=2"]],
  ["export PATH=/opt/bin:$PATH", [`PATH=/opt/bin:${defaultPath}`]],
  ["export A=one\\\ntwo B='three\nfour'", ["A=onetwo", "B=three\nfour"]],
  ["", []],
];

Deno.test("readEnvironment() knows what scripts set plainly, as sh does", async () => {
  for (const [script, env] of simple) {
    assert.deepEqual(read(script), env, script);
    await inTempFolder((folder) => {
      const command = `${script}\nexec env -0`;
      const words = ["env", "-i", `PATH=${defaultPath}`, "sh", "-c", command];
      const own = runSync(folder, words).split("\0").filter((line) =>
        line !== "" && !/^(PWD|_|SHLVL|OLDPWD)=/.test(line) && line !== `PATH=${defaultPath}`
      );
      assert.deepEqual(own.sort(), env, script);
    });
  }
});

Deno.test("readEnvironment() leaves out what it cannot know", () => {
  assert.deepEqual(read("export A=$(date) B=c\nexport D=e"), ["D=e"]);
  assert.deepEqual(read("export A=1\nif true; then\n  A=2\nfi\nexport B=3"), []);
  assert.deepEqual(read("export A=1\n. /opt/other.sh\nexport B=2"), ["A=1", "B=2"]);
  assert.deepEqual(read("export A=$HOME/x B=~ C=$SINGULARITY_NAME"), []);
  assert.deepEqual(read("export A=`x`; export B=2\nexport C=3"), ["C=3"]);
  assert.deepEqual(read("export A='open"), []);
  assert.deepEqual(read("export A=1\nexport B=${A%1}"), ["A=1"]);
  assert.deepEqual(read("export A=\u0000x"), []);
});

Deno.test("readEnvironment() takes apptainer's own scripts for what they are", () => {
  const own = { name: "99-base.sh", text: 'LD_LIBRARY_PATH="x"; export LD_LIBRARY_PATH' };
  const docker = { name: "10-docker2singularity.sh", text: 'export PATH="/opt/bin:/bin"' };
  const rest = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin";
  assert.deepEqual(readEnvironment([docker, own]), [`PATH=/opt/bin:/bin:${rest}`]);
});

Deno.test("actionScript() keeps what was given, whatever it is, and forgets what the image set", async () => {
  const awkward = `it's "x" $HOME \`id\` \\ * \n two`;
  await inTempFolder((folder) => {
    for (const shell of ["sh", "bash"]) {
      Deno.writeTextFileSync(`${folder}/script`, actionScript(`/bin/${shell}`, ["A=b", "C=d e"]));
      const given = ["A=b", "C=other", `GIVEN=${awkward}`, "EMPTY=", "PATH=/usr/bin:/bin:/x"];
      const words = ["env", "-i", ...given, shell, "script", "env", "-0"];
      const left = runSync(folder, words).split("\0").filter((line) =>
        line !== "" && !/^(PWD|_|SHLVL|OLDPWD)=/.test(line)
      );
      assert.deepEqual(left.sort(), given.slice(1).sort(), shell);
      const more = ["sh", "-c", 'printf "<%s>" "$@"', "sh", "", "a  b", "*"];
      assert.equal(runSync(folder, ["sh", "script", ...more]), "<><a  b><*>");
    }
  });
});

Deno.test("actionScript() quotes what it compares with", () => {
  const script = actionScript("/bin/sh", ["A=it's $x", "B="]);
  assert.ok(script.startsWith("#!/bin/sh\n"));
  assert.ok(script.includes(`[ "\${A-}" = 'it'\\''s $x' ] && unset A\n`));
});
