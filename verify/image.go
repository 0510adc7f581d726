package verify

import (
	"cmp"
	"strings"

	"github.com/bootzip/bootzip/project"
)

// The paths of glibc's dynamic linker, as its ABI has them. In Amazon Linux, /lib64 and
// /lib are links to /usr/lib64 and /usr/lib.
var interpreters = map[project.Arch][]string{
	project.AMD64: {"/lib64/ld-linux-x86-64.so.2", "/usr/lib64/ld-linux-x86-64.so.2"},
	project.ARM64: {"/lib/ld-linux-aarch64.so.1", "/usr/lib/ld-linux-aarch64.so.1", "/lib64/ld-linux-aarch64.so.1", "/usr/lib64/ld-linux-aarch64.so.1"},
}

// Libraries in /lib64 of provided.al2023, from Bref's listings
// (brefphp/aws-lambda-layers, utils/lib-copy, x86_64 of 2023 and arm64 of 2025).
// Libraries in only one of them are omitted, except libmvec, which glibc has on
// x86_64 only.
const librariesAL2023 = `
ld-linux-x86-64.so.2 ld-linux-aarch64.so.1 libBrokenLocale.so.1 libacl.so.1 libanl.so.1 libarchive.so.13
libassuan.so.0 libattr.so.1 libaudit.so.1 libauparse.so.0 libblkid.so.1 libbz2.so.1 libc.so.6 libc_malloc_debug.so.0
libcap-ng.so.0 libcap.so.2 libcom_err.so.2 libcrypto.so.3 libcurl.so.4 libdl.so.2 libdnf.so.2 libdrop_ambient.so.0
libffi.so.8 libform.so.6 libformw.so.6 libgcc_s.so.1 libgcrypt.so.20 libgio-2.0.so.0 libgirepository-1.0.so.1
libglib-2.0.so.0 libgmodule-2.0.so.0 libgmp.so.10 libgobject-2.0.so.0 libgpg-error.so.0 libgpgme.so.11
libgssapi_krb5.so.2 libgssrpc.so.4 libgthread-2.0.so.0 libhistory.so.8 libidn2.so.0 libjson-c.so.5 libk5crypto.so.3
libkdb5.so.10 libkeyutils.so.1 libkrad.so.0 libkrb5.so.3 libkrb5support.so.0 liblua-5.3.so liblua-5.4.so liblz4.so.1
liblzma.so.5 libm.so.6 libmagic.so.1 libmenu.so.6 libmenuw.so.6 libmodulemd.so.2 libmount.so.1 libmpfr.so.6 libmvec.so.1
libncurses.so.6 libncursesw.so.6 libnghttp2.so.14 libnpth.so.0 libnss_compat.so.2 libnss_dns.so.2 libnss_files.so.2
libnssckbi.so libp11-kit.so.0 libpanel.so.6 libpanelw.so.6 libpcre2-8.so.0 libpcre2-posix.so.3 libpeas-1.0.so.0
libpopt.so.0 libpsx.so.2 libpthread.so.0 libreadline.so.8 librepo.so.0 libresolv.so.2 librpm.so.9 librpmio.so.9 librt.so.1
libselinux.so.1 libsepol.so.2 libsigsegv.so.2 libsmartcols.so.1 libsolv.so.1 libsolvext.so.1 libsqlite3.so.0 libssl.so.3
libstdc++.so.6 libtasn1.so.6 libthread_db.so.1 libtic.so.6 libtinfo.so.6 libunistring.so.2 libutil.so.1 libuuid.so.1
libverto.so.1 libxml2.so.2 libyaml-0.so.2 libz.so.1 libzstd.so.1 p11-kit-proxy.so`

// Libraries in provided.al2 (utils/lib-check, x86_64), only those that programs need.
// There is no listing for arm64, which is assumed to have the same ones.
const librariesAL2 = `
ld-linux-x86-64.so.2 ld-linux-aarch64.so.1 libBrokenLocale.so.1 libacl.so.1 libanl.so.1 libattr.so.1 libbz2.so.1 libc.so.6
libcap.so.2 libcidn.so.1 libcom_err.so.2 libcrypt.so.1 libcrypto.so.10 libcurl.so.4 libdb-5.3.so libdl.so.2 libelf.so.1
libffi.so.6 libgcc_s.so.1 libgmp.so.10 libgmpxx.so.4 libgssapi_krb5.so.2 libicudata.so.50 libicui18n.so.50 libicuuc.so.50
libidn2.so.0 libk5crypto.so.3 libkeyutils.so.1 libkrb5.so.3 libkrb5support.so.0 liblber-2.4.so.2 libldap-2.4.so.2
liblua-5.1.so liblzma.so.5 libm.so.6 libmvec.so.1 libncurses.so.6 libncursesw.so.6 libnghttp2.so.14 libnsl.so.1
libnspr4.so libnss3.so libnss_compat.so.2 libnss_dns.so.2 libnss_files.so.2 libpcre.so.1 libpcreposix.so.0 libpopt.so.0
libpthread.so.0 libreadline.so.6 libresolv.so.2 librpm.so.3 librt.so.1 libsasl2.so.3 libselinux.so.1 libsepol.so.1
libsqlite3.so.0 libssh2.so.1 libssl.so.10 libstdc++.so.6 libtasn1.so.6 libtinfo.so.6 libunistring.so.0 libutil.so.1
libuuid.so.1 libxml2.so.2 libz.so.1`

// Programs of the OS-only images: bash as /bin/sh, coreutils, and the
// packages of the AL2023 minimal container image (Amazon Linux 2023 user
// guide, "Comparing packages installed on Amazon Linux 2023 Container
// Images"). tar, gzip, find, which, ps and interpreters are not among them.
const imageCommands = `
sh bash env curl gawk awk grep egrep fgrep sed gpg rpm microdnf dnf update-ca-trust trust getent ldd locale iconv
arch b2sum base32 base64 basename basenc cat chcon chgrp chmod chown chroot cksum comm cp csplit cut date dd df dir
dircolors dirname du echo expand expr factor false fmt fold groups head hostid id install join link ln logname ls md5sum
mkdir mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste pathchk pinky pr printenv printf ptx pwd readlink realpath
rm rmdir runcon seq sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty sum sync
tac tail tee test timeout touch tr true truncate tsort tty uname unexpand uniq unlink users vdir wc who whoami yes`

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// An image is what a runtime offers to programs.
type image struct {
	name      project.Runtime
	glibc     int // minor version of glibc 2
	libstdcxx int // highest GLIBCXX_3.4.x
	cxxabi    int // highest CXXABI_1.3.x
	libraries map[string]bool
}

var images = map[project.Runtime]image{
	project.AL2023: {project.AL2023, 34, 29, 13, set(librariesAL2023)},
	project.AL2:    {project.AL2, 26, 24, 11, set(librariesAL2)},
}

var imagePrograms = set(imageCommands)

// imageOf returns the image of a runtime. Amazon Linux 2023 has gcc 11 (AWS,
// "Core toolchain packages glibc, gcc, binutils"), Amazon Linux 2 has gcc 7;
// their versions of libstdc++ are in GCC's "ABI Policy and Guidelines". Newer
// images of al2023 have gcc 14's, but a function can be pinned to an older one.
func imageOf(r project.Runtime) image { return images[cmp.Or(r, project.AL2023)] }
