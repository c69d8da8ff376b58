#!/bin/sh
# Custom environment shell code should follow

    export LC_ALL=C
    export TOOL_HOME="/opt/tool dir"
    export PATH=/opt/tool/bin:$PATH
    export KERNEL=$(uname -s)
    if [ -d /usr/bin ]; then
        export THREADS=4
    fi
