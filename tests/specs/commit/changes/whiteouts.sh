# What the layer of an image says is gone, and the order of it: whiteouts come before their siblings.
set -e
layer=$(lpmx inspect --format '{{json .RootFS.Layers}}' "$1" | tr -d '[]"' | tr , '\n' | tail -1)
sed 1d "$2/layers/sha256/${layer#sha256:}/entries" | sed -n 's/^{"p":"\([^"]*\)","t":"\(whiteout\|opaque\)".*/\2 \1/p'
