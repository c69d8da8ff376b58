# One byte in the middle of the largest blob; the archive stays a well-formed tar.
set -e
mkdir layout
tar -C layout -xf "$1/layered.oci.tar"
blob=$(ls -S layout/blobs/sha256/* | head -1)
printf 'X' | dd of="$blob" bs=1 seek=500000 conv=notrunc 2>/dev/null
tar -C layout -cf changed.tar .
