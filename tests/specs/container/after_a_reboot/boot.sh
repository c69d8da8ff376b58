# Says whose boot the bloom of the only container is of, if it is this one's; then makes it another's (contract.h: 36 bytes at 16).
bloom=$(echo "$1"/containers/*/tree/bloom)
[ "$(dd if="$bloom" bs=1 skip=16 count=36 2>/dev/null)" = "$(cat /proc/sys/kernel/random/boot_id)" ] && [ -e "$bloom.seen" ] && echo "this boot"
touch "$bloom.seen"
printf '00000000-0000-4000-8000-000000000000' | dd of="$bloom" bs=1 seek=16 conv=notrunc 2>/dev/null
[ "$(dd if="$bloom" bs=1 skip=16 count=36 2>/dev/null)" = "$(cat /proc/sys/kernel/random/boot_id)" ] || echo "another boot"
