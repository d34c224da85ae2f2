#!/bin/sh
# A signer for keys in an HSM, smart card or security token, by PKCS#11 (Debian: opensc). The key never leaves it.
#
#   key = "signer:/path/to/pkcs11.sh MODULE.so TOKEN-LABEL KEY-ID"      PKCS11_PIN holds the PIN
#
# sf-jwt writes the signing input to standard input and reads the RS256 signature from standard output.
set -eu
exec pkcs11-tool --module "$1" --token-label "$2" --login --pin env:PKCS11_PIN \
    --sign --mechanism SHA256-RSA-PKCS --id "$3" --input-file /dev/stdin --output-file /dev/stdout
