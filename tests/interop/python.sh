#!/usr/bin/env bash
# simple-salesforce, PyJWT and Authlib as clients of the emulator.
. "$(dirname "$0")/common.sh"
pip_install python-1 simple-salesforce==1.12.10 pyjwt==2.10.1 authlib==1.6.5 requests
start_emulator
READY=$work/ready KEY=$(key) "$cache/python-1/bin/python" "$(dirname "$0")/python.py" || failed=1
