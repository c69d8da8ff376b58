#!/bin/sh
export PATH="/usr/local/bin:/usr/bin:/bin"
export GREETING="${GREETING:-"hello \$world"}"
