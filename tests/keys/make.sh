#!/usr/bin/env bash
# Makes the fixture keys of this folder anew (see README.md). Needs openssl 3, ssh-keygen and keytool.
set -eu -o pipefail
cd "$(dirname "$0")"
rm -f ./*.pem ./*.der ./*.p12 ./*.jks ./*.ssh
pass=(-passout pass:open-sesame)

openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pkcs8.pem
openssl pkcs8 -topk8 -nocrypt -in rsa.pkcs8.pem -outform DER -out rsa.pkcs8.der
openssl rsa -in rsa.pkcs8.pem -traditional -out rsa.pkcs1.pem
openssl rsa -in rsa.pkcs8.pem -traditional -outform DER -out rsa.pkcs1.der
openssl pkey -in rsa.pkcs8.pem -pubout -out public.pem
openssl rsa -in rsa.pkcs8.pem -RSAPublicKey_out -out public.pkcs1.pem
openssl req -new -x509 -key rsa.pkcs8.pem -subj /CN=fixture -days 36500 -out certificate.pem
openssl x509 -in certificate.pem -outform DER -out certificate.der
openssl req -new -key rsa.pkcs8.pem -subj /CN=fixture -out request.pem
openssl crl2pkcs7 -nocrl -certfile certificate.pem -out pkcs7.pem

openssl pkcs8 -topk8 -in rsa.pkcs8.pem "${pass[@]}" -out encrypted.aes256.pem
openssl pkcs8 -topk8 -in rsa.pkcs8.pem "${pass[@]}" -outform DER -out encrypted.aes256.der
openssl pkcs8 -topk8 -in rsa.pkcs8.pem "${pass[@]}" -v2 aes-128-cbc -v2prf hmacWithSHA1 -out encrypted.aes128-sha1.pem
openssl pkcs8 -topk8 -in rsa.pkcs8.pem "${pass[@]}" -v2 des3 -out encrypted.des3.pem
openssl pkcs8 -topk8 -in rsa.pkcs8.pem "${pass[@]}" -scrypt -out encrypted.scrypt.pem
openssl pkcs8 -topk8 -in rsa.pkcs8.pem "${pass[@]}" -v1 PBE-SHA1-3DES -out encrypted.pbes1.pem
openssl rsa -in rsa.pkcs8.pem -traditional -aes256 "${pass[@]}" -out encrypted.legacy.pem

openssl pkcs12 -export -inkey rsa.pkcs8.pem -in certificate.pem "${pass[@]}" -name fixture -out store.aes.p12
openssl pkcs12 -export -inkey rsa.pkcs8.pem -in certificate.pem "${pass[@]}" -legacy -out store.rc2.p12
openssl pkcs12 -export -inkey rsa.pkcs8.pem -in certificate.pem -passout pass: -out store.empty.p12
openssl pkcs12 -export -nokeys -in certificate.pem "${pass[@]}" -out store.certificate.p12
keytool -importkeystore -noprompt -srckeystore store.aes.p12 -srcstoretype PKCS12 -srcstorepass open-sesame \
    -destkeystore store.jks -deststoretype JKS -deststorepass open-sesame
keytool -importkeystore -noprompt -srckeystore store.aes.p12 -srcstoretype PKCS12 -srcstorepass open-sesame \
    -destkeystore store.jceks.jks -deststoretype JCEKS -deststorepass open-sesame

openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa1024.pem
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.other.pem
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out rsa-pss.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pkcs8.pem
openssl ecparam -name prime256v1 -genkey -out ec.sec1.pem
openssl genpkey -algorithm ED25519 -out ed25519.pem
openssl dsaparam -genkey 1024 | openssl pkey -traditional -out dsa.pem
ssh-keygen -q -t rsa -b 2048 -N '' -C fixture -f rsa.ssh && rm rsa.ssh.pub
ssh-keygen -q -t ed25519 -N '' -C fixture -f ed25519.ssh && mv ed25519.ssh.pub public.ssh
