require "socket"
require "c/pwd"

# Takes name resolution out of the program.
#
# libevent, on which Crystal's event loop stands, contains a resolver that is
# never called here, and its calls make the linker add glibc's own. In a static
# program that one loads shared libraries (NSS) of whatever glibc it finds at
# run time, and crashes if that is another than it was linked with. The
# functions below have the names and types of glibc's (getaddrinfo(3),
# getservbyname(3), getprotoent(3), gethostbyname(3), getnameinfo(3), dlopen(3), getpwnam(3)) and
# are found first, so nothing of that is
# linked. Should anything ask for a name after all, it is told that there is no
# such name.
#
# A program that has to resolve names leaves this file out and accepts what the
# linker warns of.
fun getaddrinfo(node : LibC::Char*, service : LibC::Char*, hints : LibC::Addrinfo*, result : LibC::Addrinfo**) : LibC::Int
  LibC::EAI_NONAME
end

fun freeaddrinfo(list : LibC::Addrinfo*) : Void
end

fun getservbyname(name : LibC::Char*, protocol : LibC::Char*) : Void*
  Pointer(Void).null
end

fun getprotobynumber(number : LibC::Int) : Void*
  Pointer(Void).null
end

# What OpenSSL asks, which the standard library's HTTP::Client brings along.
fun gethostbyname(name : LibC::Char*) : Void*
  Pointer(Void).null
end

fun getnameinfo(addr : LibC::Sockaddr*, addrlen : LibC::SocklenT, host : LibC::Char*, hostlen : LibC::SocklenT, serv : LibC::Char*, servlen : LibC::SocklenT, flags : LibC::Int) : LibC::Int
  LibC::EAI_NONAME
end

# OpenSSL's engines, and iconv's tables.
fun dlopen(name : LibC::Char*, flags : LibC::Int) : Void*
  Pointer(Void).null
end

# Path.home asks, where HOME is not set. There is no such user: 0, and no result.
fun getpwuid_r(uid : LibC::UidT, pwstore : LibC::Passwd*, buf : LibC::Char*, bufsize : LibC::SizeT, result : LibC::Passwd**) : LibC::Int
  result.value = Pointer(LibC::Passwd).null
  0
end
