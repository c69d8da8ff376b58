# Sourced by ./dev demo after the build: shows the main job in a minute, without downloading an image, as an ordinary user. The
# image is made here of this machine's own shell and a few tools, in the form that `docker save` writes. Stops at the first
# command that fails.
demo=$(mktemp -d "${TMPDIR:-/tmp}/lpmx-demo.XXXXXX")
trap 'chmod -R u+rwX "$demo"; rm -rf "$demo"' EXIT
trap 'exit 130' INT TERM

# tiny_image FILE: a docker-archive (image spec v1.2, one layer) of sh, ls, cat and the libraries they are linked with.
tiny_image() {
  mkdir -p "$demo/tree/bin" "$demo/tree/etc" "$demo/archive"
  for program in sh ls cat; do
    path=$(command -v "$program")
    cp -L "$path" "$demo/tree/bin/$program"
    for library in $(ldd "$path" | grep -o '/[^ ]*'); do
      mkdir -p "$demo/tree${library%/*}"
      cp -L "$library" "$demo/tree$library"
    done
  done
  echo 'PRETTY_NAME="a tiny image made on the spot"' >"$demo/tree/etc/os-release"
  tar -C "$demo/tree" --owner=0 --group=0 -cf "$demo/archive/layer.tar" .
  diff_id=$(sha256sum "$demo/archive/layer.tar" | cut -d' ' -f1)
  printf '{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":["sh"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$diff_id" >"$demo/archive/config.json"
  echo '[{"Config":"config.json","RepoTags":["tiny:latest"],"Layers":["layer.tar"]}]' >"$demo/archive/manifest.json"
  tar -C "$demo/archive" -cf "$1" manifest.json config.json layer.tar
}

tiny_image "$demo/tiny.tar"
cp dist/lpmx "$demo/lpmx"
cat >"$demo/show.sh" <<'END'
set -eu
show() {
  printf '\n$'
  for word; do case $word in *[\ \;]*) printf " '%s'" "$word" ;; *) printf ' %s' "$word" ;; esac; done
  echo
  "$@"
}
note() { printf '\n# %s\n' "$1"; }
note "One file, run by uid $(id -u) on Linux $(uname -r): no root, no user namespace, no FUSE, no ptrace, no daemon."
show ./lpmx version
note "This machine itself as a throw-away image: fake root inside, nothing changes outside."
show ./lpmx run --rm host sh -c 'id; echo hi >/etc/motd; cat /etc/motd'
note "An image from an archive; its layer is unpacked once and never changed."
show ./lpmx load -i tiny.tar
show ./lpmx images
show ./lpmx run --rm tiny sh -c 'cat /etc/os-release; echo changed >/etc/os-release; cat /etc/os-release'
show ./lpmx run --rm tiny cat /etc/os-release
note "A container keeps what it wrote, and folders of the host are shown where -v says."
show ./lpmx create --name kept -v "$PWD/data:/data" tiny
show ./lpmx exec kept sh -c 'echo remembered >/note; echo "from inside" >/data/file'
show ./lpmx exec kept cat /note
show cat data/file
show ./lpmx ps -a
show ./lpmx rm kept
END
mkdir -p "$demo/data" "$demo/home"
as_user=
if [ "$(id -u)" = 0 ]; then
  chown -R 65534:65534 "$demo"
  as_user="setpriv --reuid 65534 --regid 65534 --clear-groups"
fi
# shellcheck disable=SC2086 # a command and its arguments
(cd "$demo" && $as_user env -i HOME="$demo/home" PATH="$PATH" TERM="${TERM:-dumb}" sh show.sh)
printf '\nThat was it. dist/lpmx is all there is to install: copy it where you need it. Next: ./dev test\n'
