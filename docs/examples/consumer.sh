#!/usr/bin/env bash
# Reads an alert topic with kcat: consumer.sh HOST:PORT [TOPIC]. Without -e it waits for more.
set -euo pipefail
kcat -b "$1" -t "${2:-alerts.merida}" -C -o beginning -e -q -f '%k\t%h\t%s\n'
