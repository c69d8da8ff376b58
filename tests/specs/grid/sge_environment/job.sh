#!/bin/sh
echo "plan=$FROM_PLAN a=$A b=$B path=$(echo $PATH | cut -d: -f1) ld=$LD_LIBRARY_PATH"
