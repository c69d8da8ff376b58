# What lpmx inspect shows of a container's settings, without what belongs to one store and machine.
import json, re, subprocess
(found,) = json.loads(subprocess.run(["lpmx", "inspect", "tool"], capture_output=True, check=True).stdout)
for key in ["Id", "Image", "Created", "State", "GraphDriver"]:
    del found[key]
del found["Config"]["Image"]
for mount in found["Mounts"]:
    mount["Source"] = re.sub(r".*/(volumes/|tree\.volumes/|etc\.)|.*lpmx-.*[0-9a-f]{16}\.", "", mount["Source"])
    mount["Source"] = re.sub(r"\d+$", "N", mount["Source"])
print(json.dumps(found, indent=1))
