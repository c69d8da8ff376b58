import assert from "node:assert/strict";
import { fateOf, hostOf, livingPid, ownMark } from "./proc.ts";

const own = ownMark();
const [, host, boot] = /^(.+)\.([0-9a-f-]+)\.\d+\.\d+$/.exec(own)!;

Deno.test("fateOf() knows that we live", () => {
  assert.equal(fateOf(own), "alive");
  assert.equal(fateOf(`${own}+1234`), "alive");
  assert.equal(livingPid(own), Deno.pid);
  assert.equal(hostOf(own), Deno.hostname());
});

Deno.test("fateOf() tells a reused process number from the same process", () => {
  assert.equal(fateOf(`${host}.${boot}.${Deno.pid}.1`), "dead");
  assert.equal(fateOf(`${host}.${boot}.99999999.1`), "dead");
});

Deno.test("fateOf() knows another boot of this machine, and does not judge other machines", () => {
  assert.equal(fateOf(`${host}.0000-0000.${Deno.pid}.1`), "dead");
  assert.equal(fateOf(`elsewhere.site.org.0000-0000.1.1`), "unknown");
  assert.equal(hostOf(`elsewhere.site.org.0000-0000.1.1`), "elsewhere.site.org");
  assert.equal(fateOf("something"), "unknown");
});

Deno.test("fateOf() does not take a process of another pid namespace for its own", () => {
  const boot = Deno.readTextFileSync("/proc/sys/kernel/random/boot_id").trim();
  assert.notEqual(fateOf(`${Deno.hostname()}.${boot}-1.${Deno.pid}.1`), "alive");
});
