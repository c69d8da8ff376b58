# compare.sh FOLDER COMPRESSION LISTER: what the store holds of an image, against what unsquashfs made of it.
set -e
lpmx load -q -n odd "$1/odd.$2.sif" >/dev/null
lpmx save -o odd.tar odd
python3 "$3" layer odd.tar >got
diff got "$1/odd.list" && echo same
