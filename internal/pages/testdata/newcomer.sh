#!/bin/sh
# The path of somebody new, in an empty Debian and as a plain user, from the front page: to a
# verified zip, an HTTP answer, and a release that is rebuilt. Each step and its seconds are
# printed. The package is in /packages.
set -eu

started=$(date +%s)
step() {
	now=$(date +%s)
	printf '%4d s  %s\n' $((now - started)) "$1"
}

if [ "$(id -u)" = 0 ]; then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends golang-go git ca-certificates curl >/dev/null 2>&1
	step 'a machine with Go, git and curl'
	dpkg -i /packages/bootzip_*_"$(dpkg --print-architecture)".deb >/dev/null
	step "installed: $(bootzip version | head -n 1)"
	useradd --create-home newcomer
	exec setpriv --reuid=newcomer --regid=newcomer --init-groups env HOME=/home/newcomer sh "$0"
fi

cd
bootzip new hello
cd hello
step 'bootzip new hello && cd hello'
bootzip verify --engine=sandbox
step 'bootzip verify: built, packed, checked, started'
bootzip serve --address=127.0.0.1:9000 >serve.log 2>&1 &
server=$!
answer=$(curl --silent --show-error --retry 30 --retry-connrefused --retry-delay 1 http://127.0.0.1:9000/url/hello/hello/Ada)
kill "$server"
rm serve.log
[ "$answer" = 'Hello Ada' ]
step "bootzip serve, curl: $answer"
git config --global user.name newcomer
git config --global user.email newcomer@example.com
git init -q
git add .
git commit -qm hello
git remote add origin https://example.com/hello
git tag v1.0.0
bootzip release --engine=sandbox --waive='another machine starts the zip for arm64'
step 'git tag v1.0.0 && bootzip release: built twice, SBOM, provenance, sums'
bootzip rebuild "dist/hello-$(dpkg --print-architecture).zip"
step 'bootzip rebuild: the same bytes from the commit'
