import assert from "node:assert/strict";
import { LpmxError } from "../base/mod.ts";
import {
  chosen,
  commandWords,
  describeProject,
  inOrder,
  interpolate,
  type Lookup,
  optionWords,
  parseEnvFile,
  parseYaml,
  type Project,
  readProject,
  yamlText,
} from "./mod.ts";

const setting = { folder: "/projects/My Tools", home: "/home/me", projectName: undefined };

async function read(...texts: string[]): Promise<Project> {
  const documents = await Promise.all(
    texts.map((text, at) => parseYaml(text, at === 0 ? "c.yaml" : `c${at}.yaml`)),
  );
  return readProject(documents.map((one) => interpolate(one, () => undefined, () => {})), setting);
}

/** "message | hint" of what reading throws. */
async function faultOf(text: string, more: string[] = []): Promise<string> {
  try {
    await read(text, ...more);
  } catch (error) {
    if (!(error instanceof LpmxError)) throw error;
    assert.equal(error.code, "bad-compose-file");
    assert.equal(error.exit, 125);
    return `${error.message} | ${error.hint ?? ""}`;
  }
  return "no fault";
}

Deno.test("a service is read with docker compose's names", async () => {
  const project = await read(`
x-common: &common
  image: tool:1.10
  environment: { THREADS: 08, ON: yes, FROM_CALLER: }
services:
  a:
    <<: *common
    command: run --name "two words" 'a$$b' \\;
    volumes: [./data:/data:ro, ~/ref:/ref, "cache:/cache", /anonymous,
              {type: bind, source: ../up, target: /up, read_only: true}]
    tmpfs: /scratch
    expose: ["8080", tool, {program: /opt/bin/other, as: o2, user: "1000"}]
    maps: ["b:bb=/usr/bin/bb", "o2=/usr/bin/self", ./script.sh=/usr/bin/script, /bin/id=/usr/bin/id]
    depends_on: [b]
    stop_grace_period: 1m30s
    broker: [./script.sh, /bin/id]
    gpus: 2
    x11: true
  b: { image: host, container_name: bee }
volumes: { cache: }
`);
  const [a, b] = project.services as [Project["services"][0], Project["services"][0]];
  assert.equal(project.name, "mytools");
  assert.equal(b.containerName, "bee");
  assert.deepEqual(a.maps.map(({ service, program, guest }) => [service, program, guest]), [
    ["b", "bb", "/usr/bin/bb"],
    ["a", "/opt/bin/other", "/usr/bin/self"],
    [undefined, "/projects/My Tools/script.sh", "/usr/bin/script"],
    [undefined, "/bin/id", "/usr/bin/id"],
  ]);
  assert.deepEqual(a.expose.map(({ program, as }) => [program, as]), [
    ["tool", "tool"],
    ["/opt/bin/other", "o2"],
  ]);
  assert.deepEqual(a.environment, [["THREADS", "08"], ["ON", "yes"], ["FROM_CALLER", undefined]]);
  const resolved = { image: a.image, environment: [["THREADS", "08"]] as [string, string][] };
  assert.deepEqual(optionWords(a, resolved), [
    "--env=THREADS=08",
    "--volume=/projects/My Tools/data:/data:ro",
    "--volume=/home/me/ref:/ref",
    "--volume=mytools_cache:/cache",
    "--volume=/anonymous",
    "--volume=/projects/up:/up:ro",
    "--tmpfs=/scratch",
    "--broker=/projects/My Tools/script.sh",
    "--broker=/bin/id",
    "--gpus=2",
    "--x11",
    "--stop-timeout=90",
  ]);
  assert.deepEqual(commandWords(a, resolved), [
    "tool:1.10",
    "run",
    "--name",
    "two words",
    "a$b",
    ";",
  ]);
  assert.deepEqual(project.ownVolumes, ["mytools_cache"]);
});

Deno.test("faults name file, line, column and field, and say what to do", async () => {
  const cases: [text: string, fault: string][] = [
    [
      "services:\n  bwa:\n    imag: bwa\n",
      'c.yaml:3:5: services.bwa.imag: there is no such key | did you mean "image"?',
    ],
    [
      "services:\n  bwa: {}\n",
      "c.yaml:2:3: services.bwa: lacks an image | image: NAME[:TAG], or host",
    ],
    [
      "services:\n  bwa:\n    image: [a]\n",
      "c.yaml:3:12: services.bwa.image: has to be a text, not a list | ",
    ],
    ["services:\n\tbwa: x\n", "c.yaml:2:1: Tabs are not allowed as indentation | "],
    ["services:\n  a: {image: x}\n  a: {image: y}\n", "c.yaml:3:3: Map keys must be unique | "],
    [
      "services: {a: {image: x, build: .}}\n",
      "c.yaml:1:26: services.a.build: is not supported | lpmx builds no images: build it elsewhere and load or pull it, or commit a container",
    ],
    [
      "services:\n  a:\n    image: x\n    ports: ['8080:80']\n",
      `c.yaml:4:13: services.a.ports.0: "8080:80" cannot be: ports are the host's own | let the program listen on 8080`,
    ],
    [
      "services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [c]}\n  c: {image: x, depends_on: [a]}\n",
      "c.yaml:4:30: services.c.depends_on: a cycle: a -> b -> c -> a | leave one of them out",
    ],
    [
      "services:\n  a: {image: x, depends_on: [bb]}\n  b: {image: x}\n",
      'c.yaml:2:30: services.a.depends_on: there is no service "bb" | services: a, b',
    ],
    [
      "services:\n  a:\n    image: x\n    maps: [ 'q:tool=/usr/bin/tool' ]\n",
      'c.yaml:4:13: services.a.maps.0: there is no service "q" | a target is SERVICE:PROGRAM or /a/program of the host; services: a',
    ],
    [
      "services:\n  a: {image: x, expose: [tool]}\n  b: {image: x, expose: [{program: /t, as: tool}]}\n",
      'c.yaml:3:26: services.b.expose: the command "tool" is exposed already (line 2, column 26) | give one of them another name: as: …',
    ],
    [
      "services:\n  a:\n    image: x\n    volumes: [/a:/bin/t]\n    maps: [/t=/bin//t]\n",
      "c.yaml:5:12: services.a: something is shown at /bin/t already (line 4, column 15) | ",
    ],
    [
      "services:\n  a: {image: x, volumes: ['data:/data']}\n",
      'c.yaml:2:27: services.a.volumes.0: there is no volume "data" | a path begins with ./ or /; a volume is declared: volumes: {data: }',
    ],
    [
      "services:\n  a: {image: '${TAG:?which one}'}\n",
      "c.yaml:2:14: services.a.image: the variable TAG is not set: which one | set it in the environment or in the file .env",
    ],
    ["name: x\n", "c.yaml:1:1: there are no services in it | services: {NAME: {image: …}}"],
    ["a: *b\n", "c.yaml:1:4: there is no anchor &b before it | "],
  ];
  for (const [text, fault] of cases) assert.equal(await faultOf(text), fault);
});

Deno.test("services stand after what they depend on; a choice takes along what it needs", async () => {
  const project = await read(
    "services:\n  a: {image: x, depends_on: {c: {condition: service_started}}}\n  b: {image: x, maps: [d:t=/t]}\n" +
      "  c: {image: x}\n  d: {image: x, expose: [t]}\n  e: {image: x, profiles: [more]}\n",
  );
  const names = (services: Project["services"]) => services.map(({ name }) => name).join("");
  assert.equal(names(inOrder(project.services)), "cabde");
  assert.equal(names(project.services.filter(({ started }) => started)), "ace");
  assert.equal(names(chosen(project, ["a"], [])), "ca");
  assert.equal(names(chosen(project, ["b"], [])), "bd");
  assert.equal(names(chosen(project, [], [])), "cabd");
  assert.equal(names(chosen(project, [], ["more"])), "cabde");
});

Deno.test("a later file is laid over the earlier", async () => {
  const { services } = await read(
    "services: {a: {image: x, command: one, environment: [A=1, B=2], volumes: ['/a:/a']}}\n",
    "services: {a: {image: y, command: [two], environment: {B: 3}, volumes: ['/b:/b']}, b: {image: z}}\n",
  );
  assert.equal(services[0]!.image, "y");
  assert.deepEqual(services[0]!.command, ["two"]);
  assert.deepEqual(services[0]!.environment, [["A", "1"], ["B", "3"]]);
  assert.deepEqual(services[0]!.volumes.map(({ target }) => target), ["/a", "/b"]);
  assert.equal(services[1]!.name, "b");
  assert.match(
    await faultOf("services: {a: {image: x}}", ["services: {a: {imag: x}}"]),
    /^c1\.yaml:1:/,
  );
});

Deno.test("a project described and read again means the same", async () => {
  const project = await read(`
name: p
services:
  a:
    image: x
    environment: { DOLLAR: "a$$b", EMPTY: "", NUMBER: "010" }
    volumes: ["/h:/g:ro", "kept:/k", "theirs:/t", /anonymous]
    tmpfs: /m
    command: [sh, -c, "echo $$HOME"]
    maps: ["b:t=/usr/bin/t"]
    expose: [{ program: t, as: u, clean_env: true }]
    depends_on: { b: { condition: service_completed_successfully } }
    stop_grace_period: 90
    labels: [l=1]
  b: { image: host, restart: always }
volumes: { kept: , theirs: { external: true } }
`);
  const described = describeProject(
    project,
    project.services.map((one) => [one, {
      image: one.image,
      environment: one.environment.map(([name, value]): [string, string] => [name, value!]),
    }]),
  );
  const again = await read(await yamlText(described));
  const content = ({ services, ownVolumes }: Project) =>
    JSON.stringify({ services, ownVolumes }, (key, value) => /[sS]pot$/.test(key) ? 0 : value);
  assert.equal(content(again), content(project));
});

Deno.test("LPMX's apps are read as services", async () => {
  const { services, notes } = await read(`
version: "1"
apps:
  - name: main
    image: ubuntu:18.04
    type: docker
    depends: [tool]
    inject: ["/bin/sed:/bin/sed"]
    command: tool --version | head
  - name: tool
    image: tool:1
    expose: ["/opt/tool:tool1"]
    share: ["/data:/data"]
    envs: ["A=b=c"]
    port: ["80:80"]
    command: "true"
`);
  assert.equal(notes.filter((note) => note.includes("LPMX's format")).length, 1);
  assert.deepEqual(inOrder(services).map(({ name }) => name), ["tool", "main"]);
  const [main, tool] = services as [Project["services"][0], Project["services"][0]];
  assert.deepEqual(main.command, ["/bin/sh", "-c", "tool --version | head"]);
  assert.deepEqual(main.dependsOn.map(({ completed }) => completed), [true]);
  assert.deepEqual(main.maps.map(({ program, guest }) => [program, guest]), [[
    "/bin/sed",
    "/bin/sed",
  ]]);
  assert.deepEqual(tool.expose.map(({ program, as }) => [program, as]), [["/opt/tool", "tool1"]]);
  assert.deepEqual(tool.environment, [["A", "b=c"]]);
  assert.equal(
    await faultOf("apps:\n  - name: a\n    imag: x\n"),
    'c.yaml:3:5: apps.0.imag: there is no such key | did you mean "image"?',
  );
  assert.match(await faultOf("apps: [{name: a, image: x, depends: [a]}]"), /a cycle: a -> a/);
});

Deno.test("variables are replaced as docker compose does", async () => {
  const values: Record<string, string> = { A: "a", EMPTY: "" };
  const lookup: Lookup = (name) => values[name];
  const unset: string[] = [];
  const cases: [text: string, result: string][] = [
    ["$A-${A}", "a-a"],
    ["$$A $${A}", "$A ${A}"],
    ["${X:-d}${X-d}${EMPTY:-d}|${EMPTY-d}", "ddd|"],
    ["${A:+yes}${X+no}${EMPTY+set}", "yesset"],
    ["${X:-${A}b}", "ab"],
    ["$GONE!", "!"],
  ];
  for (const [text, result] of cases) {
    const value = await parseYaml(JSON.stringify(text), "c.yaml");
    const got = interpolate(value, lookup, (name) => unset.push(name));
    assert.equal(got.kind === "text" && got.text, result, text);
  }
  assert.deepEqual(unset, ["GONE"]);
});

Deno.test("files of variables have comments, quotes and variables", () => {
  const text =
    '# c\nexport A=1 # one\nB=\'$A #x\'\nC="${A}\\n2"\nD=${B}!\n\nE\nF="two\nlines"\nG=${H}\n';
  assert.deepEqual(parseEnvFile(text, ".env", (name) => name === "H" ? "h" : undefined), [
    ["A", "1"],
    ["B", "$A #x"],
    ["C", "1\n2"],
    ["D", "$A #x!"],
    ["E", undefined],
    ["F", "two\nlines"],
    ["G", "h"],
  ]);
  assert.throws(() => parseEnvFile("a b\n", ".env", () => undefined), {
    message: '.env:1:1: "a b" is no NAME=VALUE',
  });
});
