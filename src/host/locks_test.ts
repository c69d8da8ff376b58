import assert from "node:assert/strict";
import { LpmxError } from "../base/mod.ts";
import { takeLease, withLock } from "./locks.ts";
import { ownMark } from "./proc.ts";
import { inTempFolder } from "./testing.ts";

Deno.test("withLock() lets one in at a time, also when work fails", async () => {
  await inTempFolder(async (folder) => {
    let inside = 0, most = 0, failed = 0;
    const work = async (n: number) => {
      most = Math.max(most, ++inside);
      await new Promise((done) => setTimeout(done, 2));
      inside--;
      if (n % 3 === 0) throw new Error("wanted");
    };
    const all = Array.from(
      { length: 12 },
      (_, n) => withLock(`${folder}/lock`, () => work(n)).catch(() => failed++),
    );
    await Promise.all(all);
    assert.deepEqual([most, inside, failed], [1, 0, 4]);
  });
});

Deno.test("takeLease() lets one in at a time and leaves nothing behind", async () => {
  await inTempFolder(async (folder) => {
    let inside = 0, most = 0;
    const work = async () => {
      const release = await takeLease(`${folder}/lease`, Date.now() + 20000);
      most = Math.max(most, ++inside);
      await new Promise((done) => setTimeout(done, 2));
      inside--;
      release();
    };
    await Promise.all(Array.from({ length: 5 }, work));
    assert.equal(most, 1);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("takeLease() takes over from the dead and waits for the living", async () => {
  await inTempFolder(async (folder) => {
    const path = `${folder}/lease`;
    Deno.writeTextFileSync(path, ownMark().replace(/\d+$/, "1"));
    (await takeLease(path, Date.now() + 20000))();
    Deno.writeTextFileSync(path, ownMark());
    await assert.rejects(
      takeLease(path, Date.now() + 100),
      (e) => e instanceof LpmxError && e.code === "store-busy",
    );
  });
});
