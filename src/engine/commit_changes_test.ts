import assert from "node:assert/strict";
import { LpmxError } from "../base/mod.ts";
import { applyChanges } from "./commit_changes.ts";
import { type Settings } from "./commit_config.ts";

const before: Settings = {
  Env: ["PATH=/bin", "HOME=/root"],
  Cmd: ["old"],
  Entrypoint: ["start"],
  WorkingDir: "/srv",
};

for (
  const [change, field, wanted] of [
    ['CMD ["a", "b c"]', "Cmd", ["a", "b c"]],
    ["CMD echo $HOME", "Cmd", ["/bin/sh", "-c", "echo $HOME"]],
    ["cmd [not json", "Cmd", ["/bin/sh", "-c", "[not json"]],
    ["CMD []", "Cmd", null],
    ["ENV A=b", "Env", ["PATH=/bin", "HOME=/root", "A=b"]],
    ["ENV PATH=$PATH:/x", "Env", ["HOME=/root", "PATH=/bin:/x"]],
    ["ENV PATH ${PATH}:/my dir", "Env", ["HOME=/root", "PATH=/bin:/my dir"]],
    [`ENV A="x y" B='$HOME' C=\\$HOME D=p\\ q`, "Env", [
      ...["PATH=/bin", "HOME=/root", "A=x y", "B=$HOME", "C=$HOME", "D=p q"],
    ]],
    ["ENV A=${NONE:-word} B=${HOME:+there}", "Env", [
      ...["PATH=/bin", "HOME=/root", "A=word", "B=there"],
    ]],
    ["LABEL a=1 b=two", "Labels", { a: "1", b: "two" }],
    ["EXPOSE 80 53/UDP 8000-8002", "ExposedPorts", {
      ...{ "80/tcp": {}, "53/udp": {}, "8000/tcp": {}, "8001/tcp": {}, "8002/tcp": {} },
    }],
    ['VOLUME ["/a b", "/c"]', "Volumes", { "/a b": {}, "/c": {} }],
    ["VOLUME /a /b", "Volumes", { "/a": {}, "/b": {} }],
    ["WORKDIR sub", "WorkingDir", "/srv/sub"],
    ["WORKDIR /else", "WorkingDir", "/else"],
    ["USER www-data:www-data", "User", "www-data:www-data"],
    ["ONBUILD RUN x", "OnBuild", ["RUN x"]],
    ["STOPSIGNAL SIGQUIT", "StopSignal", "SIGQUIT"],
  ] as const
) {
  Deno.test(`applyChanges() takes ${change}`, () => {
    const after = applyChanges(before, [change]);
    assert.deepEqual(after[field], wanted);
  });
}

Deno.test("applyChanges() drops the old command with a new entry point, unless CMD is said", () => {
  assert.equal(applyChanges(before, ['ENTRYPOINT ["x"]']).Cmd, null);
  assert.deepEqual(applyChanges(before, ['ENTRYPOINT ["x"]', 'CMD ["y"]']).Cmd, ["y"]);
  assert.deepEqual(before.Cmd, ["old"]);
});

Deno.test("applyChanges() refuses what is no change", () => {
  for (
    const change of [
      "FROM x",
      "RUN x",
      "ENV",
      "ENV A",
      "EXPOSE x",
      "EXPOSE 70000",
      "ONBUILD FROM x",
    ]
  ) {
    assert.throws(
      () => applyChanges(before, [change]),
      (error) => error instanceof LpmxError && error.code === "usage",
      change,
    );
  }
});
