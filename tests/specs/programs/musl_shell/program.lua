print(_VERSION, #arg, arg[1], arg[2])
local name = "/tmp/file"
local out = assert(io.open(name, "w"))
out:write("written\n")
out:close()
assert(os.rename(name, name .. "2"))
for line in io.lines(name .. "2") do print(line) end
print(io.open(name))
local pipe = io.popen("echo through a pipe; exit 4")
print(pipe:read("a"), pipe:close())
print(os.execute("exit 6"))
print(os.remove(name .. "2"), os.remove("/nonexistent"))
package.path = "/case/?.lua"
print(pcall(require, "missing"))
