import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { type ByteText, LpmxError } from "../base/mod.ts";
import { inTempFolder, readBytes, shell } from "../host/testing.ts";
import { decodeIndex } from "../runtime/mod.ts";
import { readImageMeta, Store } from "../store/mod.ts";
import { importImage, readRefs } from "./import_image.ts";
import { removeImage, removeUnused } from "./remove_image.ts";
import { tagImage } from "./tag_image.ts";
import { imageOf, newStore, silent } from "./testing.ts";

const code = (wanted: string) => (error: unknown) =>
  error instanceof LpmxError && error.code === wanted;
const name = (text: string) => `docker.io/library/${text}`;

/** Makes archives NAME.tar of the folders that a script makes. */
function tars(folder: string, script: string, ...names: string[]): Uint8Array<ArrayBuffer>[] {
  shell(folder, script);
  for (const name of names) {
    shell(folder, `[ -e ${name}.tar ] || tar --owner=0 --group=0 -C ${name} -cf ${name}.tar .`);
  }
  return names.map((name) => readBytes(`${folder}/${name}.tar`));
}

function nothingThere(store: Store): void {
  for (const folder of ["layers/sha256", "images", "indexes", "staging"]) {
    assert.deepEqual([...Deno.readDirSync(store.at(folder))].map(({ name }) => name), [], folder);
  }
  assert.equal(readRefs(store).refs.size, 0);
}

Deno.test("importImage() unpacks, indexes and names an image", () =>
  inTempFolder(async (folder) => {
    const layers = tars(
      folder,
      `mkdir -p a/etc a/secret b/etc; echo one >a/etc/one; echo two >a/etc/two; chmod 4555 a/etc/two; ln -s one a/etc/link
       mkfifo a/fifo; touch -d @1000000000 a/etc/two; touch -hd @1000000001 a/etc/link; touch -d @1000000002 a/etc
       tar --owner=0 --group=0 --exclude=one --exclude=secret -C a -cf a.tar .
       tar --owner=0 --group=0 --mode=0 --no-recursion -C a -rf a.tar ./etc/one ./secret
       : >b/etc/.wh.one; echo new >b/etc/new`,
      "a",
      "b",
    );
    const store = newStore(folder);
    const image = imageOf([name("x:1")], layers, (tar) => new Uint8Array(gzipSync(tar)));
    const { id, changed } = await importImage(store, image, silent);
    assert.ok(changed);
    assert.equal(readRefs(store).refs.get(name("x:1")), id);

    const meta = readImageMeta(store, id);
    const index = decodeIndex(Deno.readFileSync(store.at(Store.index(meta.chainId))));
    assert.deepEqual([...index.keys()], [
      "",
      "/etc",
      "/fifo",
      "/secret",
      "/etc/link",
      "/etc/new",
      "/etc/two",
    ]);
    assert.equal(index.get("/etc/two" as ByteText)!.mode, 0o104555);
    assert.equal(index.get("/secret" as ByteText)!.mode, 0o040000);
    assert.equal(index.get("/fifo" as ByteText)!.flags, 1);

    const fs = `${store.at(Store.layer(meta.layers[0]!.diffId))}/fs`;
    const mode = (path: string) => Deno.lstatSync(`${fs}/${path}`).mode! & 0o7777;
    assert.deepEqual(["etc/one", "etc/two", "secret"].map(mode), [0o1600, 0o1755, 0o555]);
    assert.deepEqual([Deno.lstatSync(`${fs}/fifo`).isFile, Deno.lstatSync(`${fs}/fifo`).size], [
      true,
      0,
    ]);
    const time = (path: string) => Deno.lstatSync(`${fs}/${path}`).mtime!.getTime() / 1000;
    assert.deepEqual(["etc/two", "etc/link", "etc"].map(time), [
      1000000000,
      1000000001,
      1000000002,
    ]);
    assert.equal(Deno.readLinkSync(`${fs}/etc/link`), "one");
    assert.deepEqual([...Deno.readDirSync(store.at("staging"))], []);
  }));

Deno.test("importImage() says that nothing changed the second time, and shares layers", () =>
  inTempFolder(async (folder) => {
    const [a, b] = tars(folder, "mkdir a b; echo 1 >a/x; echo 2 >b/y", "a", "b");
    const store = newStore(folder);
    const first = imageOf([name("x:1")], [a!]);
    assert.equal((await importImage(store, first, silent)).changed, true);
    assert.equal((await importImage(store, first, silent)).changed, false);
    const states: string[] = [];
    const progress = { ...silent, layer: (_: string, state: string) => states.push(state) };
    await importImage(store, imageOf([name("y:1")], [a!, b!]), progress);
    assert.deepEqual(states.sort(), ["done", "exists", "start"]);
  }));

Deno.test("importImage() keeps nothing of a damaged or truncated layer", () =>
  inTempFolder(async (folder) => {
    const [tar] = tars(folder, "mkdir a; seq 40000 >a/numbers; seq 9 >a/z", "a");
    const store = newStore(folder);
    const pack = (tar: Uint8Array<ArrayBuffer>) => new Uint8Array(gzipSync(tar));
    const damages: Record<string, (packed: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>> = {
      truncated: (packed) => packed.slice(0, packed.length / 2),
      "truncated by its last byte": (packed) => packed.slice(0, -1),
      damaged: (packed) => packed.map((byte, at) => at === 5000 ? byte ^ 0x10 : byte),
      replaced: () => pack(new Uint8Array(1024)),
    };
    for (const [what, damage] of Object.entries(damages)) {
      const image = imageOf([name("x:1")], [tar!], pack);
      const layer = image.layers[0]!;
      const bytes = damage(pack(tar!));
      layer.open = async function* () {
        yield bytes;
      };
      await assert.rejects(importImage(store, image, silent), LpmxError, what);
      nothingThere(store);
    }
    const lying = imageOf([name("x:1")], [tar!]);
    lying.layers[0]!.diffId = `sha256:${"0".repeat(64)}`;
    await assert.rejects(importImage(store, lying, silent), code("digest-mismatch"));
    nothingThere(store);
  }));

Deno.test("importImage() lets no entry leave the layer's tree", () =>
  inTempFolder(async (folder) => {
    shell(
      folder,
      `mkdir victim e; echo safe >victim/file; ln -s ${folder}/victim e/out; mkdir -p e2/out; echo bad >e2/out/file
      tar -C e -cf link.tar out; tar -C e2 -rf link.tar out/file
      echo bad >e2/up; tar -C e2 -P --transform='s,^up,../../../../victim/file,' -cf up.tar up
      tar -C e2 -P --transform='s,^up,${folder}/victim/file,' -cf abs.tar up`,
    );
    const store = newStore(folder);
    for (const [archive, safe] of [["link", true], ["abs", true], ["up", false]] as const) {
      const image = imageOf([name(`${archive}:1`)], [readBytes(`${folder}/${archive}.tar`)]);
      if (safe) await importImage(store, image, silent);
      else await assert.rejects(importImage(store, image, silent), code("unsafe-entry"));
      assert.equal(Deno.readTextFileSync(`${folder}/victim/file`), "safe\n");
      assert.deepEqual([...Deno.readDirSync(`${folder}/victim`)].length, 1);
    }
  }));

Deno.test("importImage() copies what a hard link names in a lower layer", () =>
  inTempFolder(async (folder) => {
    const [a, b] = tars(
      folder,
      `mkdir -p a b; echo text >a/file; chmod 640 a/file; cp -p a/file b/file; ln b/file b/link
       tar -C b -cf b.tar file link; tar --delete -f b.tar file`,
      "a",
      "b",
    );
    const store = newStore(folder);
    const { id } = await importImage(store, imageOf([name("x:1")], [a!, b!]), silent);
    const { layers, chainId } = readImageMeta(store, id);
    assert.equal(
      Deno.readTextFileSync(`${store.at(Store.layer(layers[1]!.diffId))}/fs/link`),
      "text\n",
    );
    const index = decodeIndex(Deno.readFileSync(store.at(Store.index(chainId))));
    const { mode, layer } = index.get("/link" as ByteText)!;
    assert.deepEqual([mode, layer], [0o100640, 1]);
  }));

Deno.test("importImage() takes names that are no UTF-8 and files replaced within a layer", () =>
  inTempFolder(async (folder) => {
    const [tar] = tars(
      folder,
      `mkdir -p a/d; echo 1 >a/"$(printf 'caf\\351')"; echo 1 >a/f; echo x >a/d/x; tar -C a -cf a.tar .
       rm -r a/d; echo 22 >a/d; echo 22 >a/f; tar -C a -rf a.tar d f`,
      "a",
    );
    const store = newStore(folder);
    const { id } = await importImage(store, imageOf([name("x:1")], [tar!]), silent);
    const { layers, chainId } = readImageMeta(store, id);
    const fs = `${store.at(Store.layer(layers[0]!.diffId))}/fs`;
    assert.equal(shell(fs, `cat "$(printf 'caf\\351')" d f`), "1\n22\n22\n");
    const index = decodeIndex(Deno.readFileSync(store.at(Store.index(chainId))));
    assert.deepEqual([...index.keys()], ["", "/caf\xe9", "/d", "/f"]);
  }));

Deno.test("importImage() makes sparse files sparse again", () =>
  inTempFolder(async (folder) => {
    shell(
      folder,
      "mkdir a; printf x >a/f; truncate -s 50M a/f; printf y >>a/f; truncate -s 60M a/f; tar -S -C a -cf a.tar f",
    );
    const store = newStore(folder);
    const { id } = await importImage(
      store,
      imageOf([name("x:1")], [readBytes(`${folder}/a.tar`)]),
      silent,
    );
    const fs = `${store.at(Store.layer(readImageMeta(store, id).layers[0]!.diffId))}/fs`;
    shell(folder, `cmp a/f ${fs}/f`);
    assert.ok(Deno.statSync(`${fs}/f`).blocks! < 2000);
    assert.equal(readImageMeta(store, id).size, 60 << 20);
  }));

Deno.test("importImage() is safe when several do the same at once", () =>
  inTempFolder(async (folder) => {
    const layers = tars(folder, "mkdir a b; seq 20000 >a/x; seq 20000 >b/y", "a", "b");
    const store = newStore(folder);
    const all = await Promise.all(
      Array.from(
        { length: 6 },
        (_, n) => importImage(store, imageOf([name(`x:${n}`)], layers), silent),
      ),
    );
    assert.equal(new Set(all.map(({ id }) => id)).size, 1);
    assert.equal(readRefs(store).refs.size, 6);
    assert.deepEqual([...Deno.readDirSync(store.at("staging"))], []);
  }));

Deno.test("removeImage() removes names first, then what nothing else uses", () =>
  inTempFolder(async (folder) => {
    const [a, b] = tars(folder, "mkdir a b; echo 1 >a/x; echo 2 >b/y", "a", "b");
    const store = newStore(folder);
    const one = await importImage(store, imageOf([name("x:1")], [a!]), silent);
    await importImage(store, imageOf([name("y:1")], [a!, b!]), silent);
    await tagImage(store, "x:1", "x:2");
    await assert.rejects(removeImage(store, one.id.slice(0, 12), false), code("image-in-use"));
    assert.deepEqual(await removeImage(store, "x:2", false), [{ untagged: "x:2" }]);
    assert.deepEqual(await removeImage(store, "x:1", false), [{ untagged: "x:1" }, {
      deleted: `sha256:${one.id}`,
    }]);
    await assert.rejects(removeImage(store, "x:1", false), code("image-not-found"));
    assert.deepEqual(removeUnused(store), []);
    await removeImage(store, "y:1", false);
    nothingThere(store);
  }));

Deno.test("removeImage() keeps an image that a container is made of", () =>
  inTempFolder(async (folder) => {
    const [a] = tars(folder, "mkdir a; echo 1 >a/x", "a");
    const store = newStore(folder);
    const { id } = await importImage(store, imageOf([name("x:1")], [a!]), silent);
    const container = "c".repeat(64);
    Deno.mkdirSync(store.at(`containers/${container}`));
    const meta = { id: container, name: "box", created: 1, imageId: id };
    Deno.writeTextFileSync(store.at(`containers/${container}/meta.json`), JSON.stringify(meta));
    await assert.rejects(removeImage(store, "x:1", false), code("image-in-use"));
    assert.deepEqual(await removeImage(store, "x:1", true), [{ untagged: "x:1" }]);
    assert.deepEqual(removeUnused(store), []);
    assert.ok(readImageMeta(store, id));
  }));
