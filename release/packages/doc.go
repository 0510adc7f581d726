// Program packages makes packages of the released program from the executables of a release:
// for npm, Debian and RPM, and images for containers. The bytes depend only on the
// executables, the version, and this module with its Go toolchain.
//
//	go run . -version=v1.2.3
//
// It reads dist/bootzip-OS-ARCH of the repository, writes dist/packages with
// SHA256SUMS.packages, and prints each name:
//
//	bootzip-1.2.3.tgz                           npm: picks one of the others
//	bootzip-linux-x64-1.2.3.tgz                 npm, and so on for each platform
//	bootzip_1.2.3_amd64.deb, bootzip_1.2.3_arm64.deb
//	bootzip-1.2.3-1.x86_64.rpm, bootzip-1.2.3-1.aarch64.rpm
//	bootzip-amd64.oci.tar, bootzip-arm64.oci.tar
package main
