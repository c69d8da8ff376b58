# A container that goes from one user to another. Used by tests/run.sh, as a user that is not the one of the tests, and by the case
# package/another_user.
#   moved.sh make ARCHIVES FOLDER   makes the container in a store below FOLDER; leaves there only tool.lpmx and list
#   moved.sh look STORE             prints what the container and its command show
set -eu

look() {
  lpmx exec tool sh -euc 'find /data /srv /bin/call /etc/passwd /vol /own | sort | while read -r file; do stat -c "%A %u:%g %s %Y %N" "$file"; done
    env; id; find /srv /vol /own -type f | sort | xargs md5sum; say to the other; hostname_of_host'
  "$1/bin/call" this
}

make() {
  export LPMX_HOME="$2/a store"
  lpmx load -q -i "$1/layered.docker.tar" >/dev/null
  lpmx load -q -i "$1/busybox.docker.tar" >/dev/null
  lpmx create --name other busybox >/dev/null
  lpmx create --name tool -e A=1 -v vol:/vol -v /own --hostname box layered >/dev/null
  lpmx exec tool sh -euc 'mkdir -p /srv/made; cd /srv/made; echo a >plain; echo b >owned; chown 12:34 owned; chmod 4750 owned; ln owned again
    ln -s again link; rm -r /data/keep; chown 7 /data/owned; chmod 600 /data/setuid; echo v >/vol/v; chmod 640 /vol/v; mkdir -m 700 /own/o
    printf "#!/bin/sh\necho called with \$* by \$(id -u) in \$A\n" >/bin/call; chmod 755 /bin/call'
  lpmx map add tool other:echo=/bin/say /bin/uname=/bin/hostname_of_host
  lpmx expose tool call >/dev/null
  look "$LPMX_HOME" >"$2/list"
  lpmx package -q -o "$2/tool.lpmx" tool >/dev/null
  chmod -R u+w "$LPMX_HOME"
  rm -r "$LPMX_HOME"
}

"$@"
