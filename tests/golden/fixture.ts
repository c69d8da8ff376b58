// A small store and a folder of host files for the golden command lines: made by the engine's own writers, so that the launcher is
// held to what the engine really writes. Used by golden_test.ts only.
import { toByteText } from "../../src/base/mod.ts";
import type { ImageConfig, MergedNode, MergedType } from "../../src/image/mod.ts";
import { encodeIndex, encodeRecord, encodeRefs } from "../../src/runtime/mod.ts";

const DEBIAN_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const PASSWD = "root:x:0:0:root:/root:/bin/bash\napp:x:500:501:the app:/home/app:/bin/sh\nwww-data:x:33:33::/var/www:/bin/sh\n";
const GROUP = "root:x:0:\nstaff:x:50:app\nwww-data:x:33:\napp:x:501:\n";

/** Path -> link target ("-> TEXT"), content of a file, or undefined for a folder. */
type Tree = Record<string, string | undefined>;

const DEBIAN: Tree = {
  "/usr/bin/bash": "#!",
  "/usr/bin/sh": "-> bash",
  "/bin": "-> usr/bin",
  "/etc/passwd": PASSWD,
  "/etc/group": GROUP,
  "/etc/hosts": "",
  "/etc/resolv.conf": "-> ../run/resolve/stub.conf",
  "/run": undefined,
  "/var/run": "-> /run",
  "/srv/data": undefined,
  "/data": "-> srv/data",
  "/up": "-> ../../../srv",
  "/loop": "-> /pool",
  "/pool": "-> loop",
  "/tmp": undefined,
};
const SMALL: Tree = { "/app/run": "#!" };

interface Fixture {
  id: string;
  names: string[];
  tree: Tree;
  config: Partial<ImageConfig>;
}

const id = (digit: string) => digit.repeat(64);
const IMAGES: Fixture[] = [
  {
    id: id("d"),
    names: ["docker.io/library/debian:12", "docker.io/library/debian:latest", "docker.io/library/debian@sha256:" + id("1")],
    tree: DEBIAN,
    config: { env: [DEBIAN_PATH], cmd: ["bash"] },
  },
  {
    id: id("a"),
    names: ["docker.io/library/app:1"],
    tree: DEBIAN,
    config: {
      env: ["PATH=/app/bin:/usr/bin", "MODE=prod", "EMPTY="],
      entrypoint: ["/app/run", "--serve"],
      cmd: ["all"],
      workingDir: "/work/../work/dir",
      user: "app:staff",
      stopSignal: "SIGINT",
      volumes: ["/var/lib/app", "/data"],
    },
  },
  { id: "ab" + id("0").slice(2), names: ["quay.io/biocontainers/samtools:1.17--h00_0"], tree: SMALL, config: { entrypoint: ["/app/run"] } },
  { id: "ae" + id("0").slice(2), names: ["docker.io/library/tool:1"], tree: DEBIAN, config: { entrypoint: ["/.singularity.d/lpmx"], cmd: ["/.singularity.d/runscript"] } },
  { id: "ac" + id("0").slice(2), names: ["localhost:5000/tools/x:dev"], tree: SMALL, config: {} },
];

function node(name: string, type: MergedType, target = ""): MergedNode {
  return {
    name: toByteText(name),
    type,
    mode: type === "symlink" ? 0o777 : 0o755,
    uid: 0,
    gid: 0,
    layer: 0,
    target: toByteText(target),
    major: 0,
    minor: 0,
    xattrs: undefined,
    children: type === "dir" ? new Map() : undefined,
  };
}

function merged(tree: Tree): MergedNode {
  const root = node("", "dir");
  for (const [path, what] of Object.entries(tree)) {
    let at = root;
    const parts = path.slice(1).split("/");
    const last = parts.pop()!;
    for (const part of parts) {
      const key = toByteText(part);
      if (!at.children!.has(key)) at.children!.set(key, node(part, "dir"));
      at = at.children!.get(key)!;
    }
    const target = what?.startsWith("-> ") ? what.slice(3) : undefined;
    at.children!.set(toByteText(last), target !== undefined ? node(last, "symlink", target) : node(last, what === undefined ? "dir" : "file"));
  }
  return root;
}

async function writeImage(store: string, image: Fixture) {
  const layer = `layers/sha256/${image.id}/fs`;
  for (const [path, content] of Object.entries(image.tree)) {
    if (content === undefined || content.startsWith("-> ")) continue;
    await Deno.mkdir(`${store}/${layer}${path.replace(/\/[^/]*$/, "")}`, { recursive: true });
    await Deno.writeTextFile(`${store}/${layer}${path}`, content);
  }
  const config: ImageConfig = {
    os: "linux",
    architecture: "amd64",
    variant: undefined,
    created: undefined,
    diffIds: [],
    env: [],
    entrypoint: [],
    cmd: [],
    workingDir: "",
    user: "",
    stopSignal: undefined,
    volumes: [],
    ...image.config,
  } as ImageConfig;
  const index = `indexes/${image.id}.idx`;
  const record = encodeRecord({ id: image.id, name: image.names[0]!, index, layers: [layer], config });
  await Deno.writeFile(`${store}/images/${image.id}.rec`, record);
  await Deno.writeFile(`${store}/${index}`, encodeIndex(merged(image.tree), 1));
}

/** Makes DIR/store, a second one in DIR/lab, and DIR/cwd with the host files that the command lines name. */
export async function makeFixture(dir: string) {
  const stores: [string, Fixture[]][] = [["store", IMAGES], ["lab", [{ ...IMAGES[0]!, id: id("b"), names: ["docker.io/lab/shared:1"] }]]];
  for (const [name, images] of stores) {
    const store = `${dir}/${name}`;
    for (const folder of ["images", "indexes", "layers"]) await Deno.mkdir(`${store}/${folder}`, { recursive: true });
    for (const image of images) await writeImage(store, image);
    const refs = new Map(images.flatMap((image) => image.names.map((reference) => [reference, image.id] as const)));
    await Deno.writeFile(`${store}/refs.tab`, encodeRefs({ refs, ids: new Set(images.map((image) => image.id)) }));
  }
  for (const folder of ["data", "a:b", "with space", "c,d", "ro"]) await Deno.mkdir(`${dir}/cwd/${folder}`, { recursive: true });
  await Deno.writeTextFile(`${dir}/cwd/data/file`, "");
  await Deno.writeTextFile(`${dir}/cwd/env.list`, "# comment\nA=1\n  B=two words \n\nFROM_CALLER\nNOT_SET_ANYWHERE\nA=3\n");
  await Deno.writeTextFile(`${dir}/cwd/bad_blank.list`, "A B=1\n");
  await Deno.writeTextFile(`${dir}/cwd/bad_name.list`, "=1\n");
  await Deno.writeTextFile(`${dir}/cwd/labels.list`, "tier=front\nbare\n");
  await Deno.symlink("data", `${dir}/cwd/link`);
}
