#!/bin/sh
if test -n "${SINGULARITY_APPNAME:-}"; then
    PATH="/scif/apps/${SINGULARITY_APPNAME:-}/bin:$PATH"
    export PATH
fi
